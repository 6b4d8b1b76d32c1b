//! The Lambda function `tokens-issue`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("tokens-issue", functions::api::vendor::tokens::issue::routes()).await
}
