//! The Lambda function `sessions-list`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("sessions-list", functions::api::vendor::sessions::list::routes()).await
}
