//! The Lambda function `legal-document`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("legal-document", functions::api::legal::document::routes()).await
}
