//! The Lambda function `imports-report`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("imports-report", functions::api::vendor::imports::report::routes()).await
}
