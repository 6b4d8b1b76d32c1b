//! The Lambda function `page-verify-email`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve(
        "page-verify-email",
        functions::portal::verify_email::show().merge(functions::portal::verify_email::submit()),
    )
    .await
}
