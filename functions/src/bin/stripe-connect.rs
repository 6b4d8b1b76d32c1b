//! The Lambda function `stripe-connect`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("stripe-connect", functions::api::vendor::payment::stripe_connect::routes()).await
}
