//! What is measured: each row is a request.

use reqwest::RequestBuilder;
use serde_json::json;

use super::vendor::{USER, Vendor};

/// One kind of request.
pub(super) struct Row {
    /// What it is called.
    pub(super) name: &'static str,
    /// The function that serves it; none for the route that does nothing.
    pub(super) function: Option<&'static str>,
    /// How many devices one request is for.
    pub(super) devices: usize,
    /// How many calls to DynamoDB it makes in sequence.
    pub(super) rounds: f64,
    /// Whether it gives the stream's jobs something to do.
    pub(super) changes: bool,
    /// The request number `n`.
    pub(super) request: fn(&Vendor, usize) -> RequestBuilder,
}

pub(super) const NEW: &str = "register, new";
pub(super) const BATCH: &str = "register, batch of 100 (each)";

/// All rows; the route that does nothing first.
pub(super) const ROWS: &[Row] = &[
    Row { name: "nothing", function: None, devices: 1, rounds: 0.0, changes: false, request: nothing },
    Row { name: NEW, function: Some("devices-register"), devices: 1, rounds: 3.0, changes: true, request: new },
    Row {
        name: "register, known",
        function: Some("devices-register"),
        devices: 1,
        rounds: 1.0,
        changes: false,
        request: known,
    },
    Row {
        name: "register, replay",
        function: Some("devices-register"),
        devices: 1,
        rounds: 1.0,
        changes: false,
        request: replay,
    },
    // 32 writes at a time: its reads, and two rounds of writes for each 32 of its devices.
    Row {
        name: BATCH,
        function: Some("devices-register-batch"),
        devices: 100,
        rounds: 12.0,
        changes: true,
        request: batch,
    },
    Row { name: "mint a cap", function: Some("caps-mint"), devices: 1, rounds: 1.0, changes: false, request: cap },
];

fn nothing(vendor: &Vendor, _: usize) -> RequestBuilder {
    vendor.client.get(vendor.url("/_local/nothing"))
}

fn register(vendor: &Vendor, key: &str, device_id: &str) -> RequestBuilder {
    let request = vendor.post("/v1/vendor/devices/register").header("idempotency-key", key);
    request.json(&json!({ "device_id": device_id, "user_omni": USER, "model": "bunny-2" }))
}

fn new(vendor: &Vendor, n: usize) -> RequestBuilder {
    register(vendor, &format!("new-{n}"), &format!("BENCH-{n:07}"))
}

fn known(vendor: &Vendor, n: usize) -> RequestBuilder {
    register(vendor, &format!("known-{n}"), &vendor.device_id)
}

fn replay(vendor: &Vendor, _: usize) -> RequestBuilder {
    register(vendor, &vendor.first_key, &vendor.device_id)
}

fn batch(vendor: &Vendor, n: usize) -> RequestBuilder {
    let device =
        |at: usize| json!({ "device_id": format!("BATCH-{n:05}-{at:02}"), "user_omni": USER, "model": "bunny-2" });
    let devices: Vec<_> = (0..100).map(device).collect();
    let request = vendor.post("/v1/vendor/devices/register-batch").header("idempotency-key", format!("batch-{n}"));
    request.json(&json!({ "devices": devices }))
}

fn cap(vendor: &Vendor, _: usize) -> RequestBuilder {
    vendor.post("/v1/vendor/caps").json(&json!({
        "actor_omni": vendor.actor_omni, "op": "fetch", "data_class": "memory", "namespaces": ["profile"],
    }))
}
