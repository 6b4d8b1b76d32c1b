//! The Lambda function `devices-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("devices-get", functions::api::vendor::devices::get::routes()).await
}
