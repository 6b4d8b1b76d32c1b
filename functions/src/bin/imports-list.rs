//! The Lambda function `imports-list`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("imports-list", functions::api::vendor::imports::list::routes()).await
}
