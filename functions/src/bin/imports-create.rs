//! The Lambda function `imports-create`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("imports-create", functions::api::vendor::imports::create::routes()).await
}
