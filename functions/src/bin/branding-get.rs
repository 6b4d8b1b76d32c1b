//! The Lambda function `branding-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("branding-get", functions::api::vendor::branding::get::routes()).await
}
