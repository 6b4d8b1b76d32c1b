//! The Lambda function `audit-list`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("audit-list", functions::api::vendor::audit::list::routes()).await
}
