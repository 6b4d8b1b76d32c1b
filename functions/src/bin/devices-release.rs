//! The Lambda function `devices-release`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("devices-release", functions::api::vendor::devices::release::routes()).await
}
