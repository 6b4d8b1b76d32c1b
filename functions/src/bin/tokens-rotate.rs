//! The Lambda function `tokens-rotate`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("tokens-rotate", functions::api::vendor::tokens::rotate::routes()).await
}
