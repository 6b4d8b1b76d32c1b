//! The Lambda function `terms-accept`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("terms-accept", functions::api::vendor::terms::accept::routes()).await
}
