//! The Lambda function `settings-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("settings-get", functions::api::vendor::settings::get::routes()).await
}
