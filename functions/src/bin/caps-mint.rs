//! The Lambda function `caps-mint`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("caps-mint", functions::api::vendor::caps::mint::routes()).await
}
