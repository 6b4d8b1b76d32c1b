//! The Lambda function `caps-revoke`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("caps-revoke", functions::api::vendor::caps::revoke::routes()).await
}
