//! The Lambda function `tokens-introspect`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("tokens-introspect", functions::api::tokens::introspect::routes()).await
}
