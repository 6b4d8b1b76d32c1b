//! The Lambda function `tokens-remind`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::work("tokens-remind", functions::jobs::reminders::run).await
}
