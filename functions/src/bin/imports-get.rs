//! The Lambda function `imports-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("imports-get", functions::api::vendor::imports::get::routes()).await
}
