//! The Lambda function `page-sign-in`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    functions::serve("page-sign-in", functions::portal::sign_in::show().merge(functions::portal::sign_in::submit()))
        .await
}
