//! The Lambda function `stripe-webhook`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("stripe-webhook", functions::webhooks::stripe::routes()).await
}
