//! Logs: one JSON object a line, with its time (without which CloudWatch's level filter does not work).

use tracing_subscriber::EnvFilter;

/// Sends this process's logs to standard output as JSON. Called once, by a function's `main`.
pub fn init() {
    let filter = EnvFilter::try_from_env("AWS_LAMBDA_LOG_LEVEL").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_env_filter(filter)
        .init();
}
