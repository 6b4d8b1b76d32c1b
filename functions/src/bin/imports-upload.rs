//! The Lambda function `imports-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("imports-upload", functions::api::vendor::imports::upload::routes()).await
}
