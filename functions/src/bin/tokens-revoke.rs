//! The Lambda function `tokens-revoke`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("tokens-revoke", functions::api::vendor::tokens::revoke::routes()).await
}
