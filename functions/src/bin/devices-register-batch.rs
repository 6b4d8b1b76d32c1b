//! The Lambda function `devices-register-batch`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("devices-register-batch", functions::api::vendor::devices::register_batch::routes()).await
}
