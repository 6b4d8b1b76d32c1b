//! Time as the domain sees it: an instant that somebody hands in, in UTC.

use jiff::SignedDuration;
pub use jiff::Timestamp;

/// `seconds` after `at`, saturating at the ends of time.
pub fn plus_seconds(at: Timestamp, seconds: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// The hour that `at` lies in, by its start.
pub fn whole_hour(at: Timestamp) -> Timestamp {
    let seconds = at.as_second();
    Timestamp::from_second(seconds - seconds.rem_euclid(3600)).unwrap_or(at)
}

/// RFC 3339 in UTC with exactly three decimals (`2026-11-22T08:00:00.000Z`), so that text order is time order.
///
/// For sort keys; what a person or an SDK reads is [`rfc3339`].
pub fn sortable(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// RFC 3339 in UTC, to the second (`2026-11-22T08:00:00Z`).
pub fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The day in UTC that `at` lies in (`2026-11-22`).
pub fn utc_day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// An instant as its whole second: what tokens and receipts carry.
pub fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_time_order() {
        let early: Timestamp = "2026-11-22T08:00:00.050Z".parse().unwrap();
        let late: Timestamp = "2026-11-22T08:00:00.1Z".parse().unwrap();
        assert_eq!(sortable(early), "2026-11-22T08:00:00.050Z");
        assert!(sortable(early) < sortable(late));
        assert_eq!(rfc3339(late), "2026-11-22T08:00:00Z");
        assert_eq!(utc_day(late), "2026-11-22");
    }
}
