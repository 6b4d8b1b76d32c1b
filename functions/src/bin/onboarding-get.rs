//! The Lambda function `onboarding-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("onboarding-get", functions::api::vendor::onboarding::routes()).await
}
