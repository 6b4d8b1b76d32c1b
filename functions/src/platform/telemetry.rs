//! Logs: one JSON object a line, with its time (without which CloudWatch's level filter does not work).

use tracing_subscriber::filter::LevelFilter;

use super::world::Env;

/// Sends this process's logs to standard output as JSON, from the level in `AWS_LAMBDA_LOG_LEVEL` on (`INFO` if it is
/// not set). Called once, by a function's `main`.
pub fn init(env: &Env) {
    let level = env.get("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(level)
        .init();
}
