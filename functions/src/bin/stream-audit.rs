//! The Lambda function `stream-audit`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    functions::work(functions::jobs::audit::run).await
}
