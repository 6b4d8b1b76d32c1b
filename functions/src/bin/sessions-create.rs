//! The Lambda function `sessions-create`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("sessions-create", functions::api::vendor::sessions::create::routes()).await
}
