//! The Lambda function `openapi-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("openapi-get", functions::api::meta::openapi::routes()).await
}
