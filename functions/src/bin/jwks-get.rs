//! The Lambda function `jwks-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("jwks-get", functions::api::well_known::jwks::routes()).await
}
