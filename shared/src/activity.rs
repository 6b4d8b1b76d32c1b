//! When a device counts as active: it had an authority event in the trailing 30 days.

use crate::clock::{Timestamp, plus_seconds};

/// How many days back a device's last event may lie, today included.
pub const ACTIVE_DAYS: i64 = 30;

/// A day in seconds.
const DAY_SECONDS: i64 = 24 * 3600;

/// The day of an instant, in UTC: `2026-11-22`. Text order is time order.
pub fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// The first day of the window that ends with the day of `now`: who was last active on it, or later, is active.
pub fn first_active_day(now: Timestamp) -> String {
    day(plus_seconds(now, -(ACTIVE_DAYS - 1) * DAY_SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_has_30_days() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(day(now), "2026-03-01");
        assert_eq!(first_active_day(now), "2026-01-31");
        assert_eq!(first_active_day(plus_seconds(now, 86_399)), "2026-01-31");
    }
}
