//! The Lambda function `vendor-signup`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("vendor-signup", functions::api::vendor::signup::routes()).await
}
