//! The Lambda function `settings-update`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("settings-update", functions::api::vendor::settings::update::routes()).await
}
