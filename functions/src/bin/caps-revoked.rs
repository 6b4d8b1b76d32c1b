//! The Lambda function `caps-revoked`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("caps-revoked", functions::api::caps::revoked::routes()).await
}
