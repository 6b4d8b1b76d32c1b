//! A vendor with very many devices: its pages, one device, and the count of those that are active.

use domain::activity::first_active_day;
use functions::platform::http::cursor;
use serde_json::Value;
use tokio::time::Instant;

use super::vendor::{USER, Vendor};
use crate::{Runner, fleet};

/// The function under which the count is metered: no endpoint serves it by itself.
const COUNT: &str = "count-active";

/// Seeds and measures.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub(super) async fn measure(runner: &Runner, vendor: &Vendor, devices: usize) -> Result<(), String> {
    println!("\nA vendor with {devices} devices more.\n");
    let started = Instant::now();
    let (aws, vendor_id) = (runner.aws().clone(), vendor.vendor_id.clone());
    let seeded = tokio::task::spawn_blocking(move || fleet::seed(&aws, &vendor_id, USER, devices));
    seeded.await.map_err(|error| error.to_string())??;
    println!("put into the table in {:.0} s\n", started.elapsed().as_secs_f64());
    println!("{:<36} {:>6} {:>10} {:>10}   limit", "", "calls", "read units", "ms");
    let last = fleet::device_id(devices.saturating_sub(50));
    let list = format!("{} devices \"\" None None None", vendor.vendor_id);
    let cursor = cursor::encode(&list, &format!("{last}#{USER}"));
    for (name, path, data, most) in [
        ("first page of 100", "/v1/vendor/devices?limit=100".to_owned(), Some(100), 2),
        ("last page", format!("/v1/vendor/devices?limit=100&cursor={cursor}"), Some(50), 2),
        ("one device", format!("/v1/vendor/devices/{}", fleet::device_id(devices / 2)), None, 3),
    ] {
        vendor.get(&path).await?;
        runner.aws().meter().reset();
        let began = Instant::now();
        let answer = vendor.get(&path).await?;
        let ms = began.elapsed().as_secs_f64() * 1000.0;
        let (calls, reads) = spent(&runner.aws().meter().snapshot(|_| true));
        println!("{name:<36} {calls:>6} {reads:>10.1} {ms:>10.1}   {most} calls");
        let entries = answer["data"].as_array().map(Vec::len);
        if calls > f64::from(most) || (data.is_some() && entries != data) {
            return Err(format!("{name}: {calls} calls, {entries:?} entries"));
        }
    }
    count(runner, vendor, devices).await
}

/// The count, which is held to 16 queries, and more only where one answer can't bear all, and to 0.0125 read units each.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
async fn count(runner: &Runner, vendor: &Vendor, devices: usize) -> Result<(), String> {
    let app = runner.app(COUNT);
    let vendor_id = vendor.vendor_id.parse().map_err(|_| "no vendor id")?;
    let store = app.store_of_all_vendors().map_err(|error| error.to_string())?.of(vendor_id);
    runner.aws().meter().reset();
    let began = Instant::now();
    let active = store.active_devices(&first_active_day(app.now())).await.map_err(|error| error.to_string())?;
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    let (calls, reads) = spent(&runner.aws().meter().snapshot(|function| function == COUNT));
    let each = reads / active as f64;
    println!(
        "{:<36} {calls:>6} {reads:>10.1} {ms:>10.1}   0.0125 read units a device; here {each:.5}",
        "count of the active"
    );
    println!("{active} devices are active");
    // Each query's reading is rounded up to half a unit.
    match active as usize >= devices && reads <= 0.0125 * active as f64 + 0.5 * calls {
        true => Ok(()),
        false => Err(format!("{active} active devices, {each} read units each")),
    }
}

/// Calls of DynamoDB and their read units.
fn spent(meter: &Value) -> (f64, f64) {
    let operations = meter.get("dynamodb").and_then(Value::as_object).into_iter().flatten();
    operations.fold((0.0, 0.0), |(calls, reads), (_, count)| {
        let field = |name: &str| count.get(name).and_then(Value::as_f64).unwrap_or_default();
        (calls + field("calls"), reads + field("read_units"))
    })
}
