//! The Lambda function `schemas-cap-policy`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("schemas-cap-policy", functions::api::schemas::cap_policy::routes()).await
}
