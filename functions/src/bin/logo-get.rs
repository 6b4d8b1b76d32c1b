//! The Lambda function `logo-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("logo-get", functions::api::vendor::branding::logo::get::routes()).await
}
