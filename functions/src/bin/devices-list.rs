//! The Lambda function `devices-list`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("devices-list", functions::api::vendor::devices::list::routes()).await
}
