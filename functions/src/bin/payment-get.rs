//! The Lambda function `payment-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("payment-get", functions::api::vendor::payment::get::routes()).await
}
