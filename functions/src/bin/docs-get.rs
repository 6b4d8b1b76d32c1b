//! The Lambda function `docs-get`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("docs-get", functions::api::meta::docs::page().merge(functions::api::meta::docs::assets())).await
}
