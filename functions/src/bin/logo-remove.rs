//! The Lambda function `logo-remove`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("logo-remove", functions::api::vendor::branding::logo::remove::routes()).await
}
