//! The Lambda function `stream-audit`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::work("stream-audit", functions::jobs::audit::run).await
}
