//! The Lambda function `devices-register`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("devices-register", functions::api::vendor::devices::register::routes()).await
}
