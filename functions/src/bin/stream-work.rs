//! The Lambda function `stream-work`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::work("stream-work", functions::jobs::work::run).await
}
