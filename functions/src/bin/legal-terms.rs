//! The Lambda function `legal-terms`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("legal-terms", functions::api::legal::terms::routes()).await
}
