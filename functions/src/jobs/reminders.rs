//! `tokens-remind`: once a day, gives notice of tokens whose life ends soon.
//!
//! What is due is told from the token and the time alone, and each notice is written down once under its name: the job
//! may run twice, or a day late, and every vendor hears the same.

use domain::Error;
use domain::audit::{By, Principal};
use domain::clock::plus_seconds;
use domain::token::EXPIRY_NOTICE_DAYS;
use serde_json::{Value, json};

use crate::JobFuture;
use crate::platform::app::App;
use crate::platform::store::notice::About;

const DAY: i64 = 24 * 3600;

/// The job. Answers how many tokens it looked at, and how many notices it gave.
pub fn run(app: App, _: Value) -> JobFuture {
    Box::pin(async move {
        let (mut seen, mut given) = (0_u64, 0_u64);
        for days in 0..=i64::from(EXPIRY_NOTICE_DAYS.into_iter().max().unwrap_or(0)) {
            let (seen_then, given_then) = ending_in(&app, days).await?;
            (seen, given) = (seen + seen_then, given + given_then);
        }
        tracing::info!(seen, given, "expiry notices");
        Ok(json!({ "tokens": seen, "notices": given }))
    })
}

async fn ending_in(app: &App, days: i64) -> Result<(u64, u64), Error> {
    let (store, now) = (app.store_of_all_vendors()?, app.now());
    let by =
        By { at: now, who: Principal::Portal, req: format!("tokens-remind.{}", now.as_second()), ip: None, ua: None };
    let (mut seen, mut given, mut after) = (0, 0, None);
    loop {
        let (tokens, more) = store.tokens_ending(plus_seconds(now, days * DAY), after).await?;
        for token in tokens {
            seen += 1;
            let Some(days) = token.expiry_notice(now) else { continue };
            let about = About::TokenExpiry { token_id: token.token_id, days };
            given += u64::from(store.of(token.vendor_id).give_notice(about, &by).await?);
        }
        after = more;
        if after.is_none() {
            return Ok((seen, given));
        }
    }
}
