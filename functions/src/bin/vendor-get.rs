//! The Lambda function `vendor-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("vendor-get", functions::api::vendor::get::routes()).await
}
