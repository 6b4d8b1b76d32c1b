//! The Lambda function `sessions-exchange`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("sessions-exchange", functions::api::vendor::sessions::exchange::routes()).await
}
