//! `/v1/vendor/imports`

mod create;
mod report;
mod upload;

use serde_json::json;

use crate::harness::omni;

/// JSON Lines of devices with these numbers.
fn lines(numbers: std::ops::Range<u32>) -> String {
    let line = |n: u32| json!({ "device_id": format!("FT-{n:06}"), "user_omni": omni("11") }).to_string();
    numbers.map(|n| line(n) + "\n").collect()
}
