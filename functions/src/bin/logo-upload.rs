//! The Lambda function `logo-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("logo-upload", functions::api::vendor::branding::logo::upload::routes()).await
}
