//! The Lambda function `sessions-end-all`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("sessions-end-all", functions::api::vendor::sessions::end_all::routes()).await
}
