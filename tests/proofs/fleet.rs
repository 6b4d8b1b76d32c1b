//! A vendor with very many devices: pages, one device and the count of the active cost what they cost any vendor.
//!
//! `cargo xtask bench registry --devices 1000000` does the same with a million.

use domain::activity::first_active_day;
use functions::platform::http::cursor;
use local::aws::Physics;
use local::fleet::{device_id, seed};
use serde_json::{Value, json};

use super::budgets::cost;
use crate::harness::{Answer, Auth, Portal, Vendor, omni};

/// How many devices.
const DEVICES: usize = 20_000;

async fn seeded() -> (Portal, Vendor) {
    let portal = Portal::start_under(Physics::calm()).await;
    let vendor = portal.vendor("fleet").await;
    let body = json!({ "device_id": device_id(0), "user_omni": omni("11"), "model": "bunny-2" });
    portal.register(&vendor.token, "first", body).await.expect(201);
    portal.runner().settle().await;
    let (aws, vendor_id) = (portal.runner().aws().clone(), vendor.vendor_id.clone());
    let put = tokio::task::spawn_blocking(move || seed(&aws, &vendor_id, &omni("11"), DEVICES - 1));
    put.await.expect("it ends").expect("they are put");
    (portal, vendor)
}

/// The answer to a `GET`, which must not cost more than `most` calls once its function knows the vendor.
async fn get(portal: &Portal, vendor: &Vendor, path: &str, most: u64) -> Answer {
    portal.get(path, Auth::Bearer(&vendor.token)).await.expect(200);
    portal.reset_meter().await;
    let answer = portal.get(path, Auth::Bearer(&vendor.token)).await.expect(200);
    let meter = portal.meter().await;
    assert!(cost(&meter, "dynamodb").calls <= most, "{path}: {meter:#}");
    answer
}

fn names(answer: &Answer) -> Vec<&str> {
    let data = answer.body["data"].as_array().expect("a list");
    data.iter().filter_map(|entry| entry["device_id"].as_str()).collect()
}

/// First page, last page, one device.
async fn pages(portal: &Portal, vendor: &Vendor) {
    let first = get(portal, vendor, "/v1/vendor/devices?limit=100", 2).await;
    let expected: Vec<String> = (0..100).map(device_id).collect();
    assert_eq!(names(&first), expected);

    // A cursor of the list, moved to where its last page begins.
    let list = format!("{} devices \"\" None None None", vendor.vendor_id);
    let at = |n: usize| cursor::encode(&list, &format!("{}#{}", device_id(n), omni("11")));
    assert_eq!(first.str("/next_cursor"), at(99));
    let path = format!("/v1/vendor/devices?limit=100&cursor={}", at(DEVICES - 51));
    let last = get(portal, vendor, &path, 2).await;
    let expected: Vec<String> = (DEVICES - 50..DEVICES).map(device_id).collect();
    assert_eq!(
        (names(&last), &last.body["next_cursor"]),
        (expected.iter().map(String::as_str).collect(), &Value::Null)
    );

    let one = get(portal, vendor, &format!("/v1/vendor/devices/{}", device_id(DEVICES / 2)), 3).await;
    assert_eq!(one.str("/device_id"), device_id(DEVICES / 2));
}

/// 16 queries, an eightieth of a read unit a device.
async fn count_of_the_active(portal: &Portal, vendor: &Vendor) {
    let store = portal.store_of(&vendor.vendor_id);
    portal.reset_meter().await;
    let first = first_active_day(portal.now().await);
    let active = store.active_devices(&first).await.expect("a count");
    assert_eq!(active, DEVICES as u64);
    let meter = portal.runner().aws().meter().by_function()["test"].clone();
    let spent = cost(&meter, "dynamodb");
    assert_eq!(spent.calls, 16, "{meter:#}");
    // Each query's reading is rounded up to half a unit.
    assert!(spent.reads <= 0.0125 * DEVICES as f64 + 16.0 * 0.5, "{meter:#}");
}

#[tokio::test]
async fn twenty_thousand_devices_stay_within_the_budgets() {
    let (portal, vendor) = seeded().await;
    pages(&portal, &vendor).await;
    count_of_the_active(&portal, &vendor).await;
}
