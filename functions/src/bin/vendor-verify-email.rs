//! The Lambda function `vendor-verify-email`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("vendor-verify-email", functions::api::vendor::verify_email::routes()).await
}
