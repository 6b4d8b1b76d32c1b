//! The Lambda function `tokens-list`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("tokens-list", functions::api::vendor::tokens::list::routes()).await
}
