//! The Lambda function `branding-update`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("branding-update", functions::api::vendor::branding::update::routes()).await
}
