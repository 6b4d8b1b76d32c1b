//! The Lambda function `service-tokens`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::work("service-tokens", functions::jobs::service_tokens::run).await
}
