//! The Lambda function `sessions-end`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("sessions-end", functions::api::vendor::sessions::end::routes()).await
}
