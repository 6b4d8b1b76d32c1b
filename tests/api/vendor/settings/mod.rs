//! `/v1/vendor/settings`

mod effect;
mod get;
mod update;

use reqwest::Method;
use serde_json::Value;

use crate::harness::{Answer, Auth, Portal};

const PATH: &str = "/v1/vendor/settings";

async fn see(portal: &Portal, session: &str) -> Answer {
    portal.get(PATH, Auth::Session(session)).await.expect(200)
}

/// Changes the settings as somebody who saw this entity tag.
async fn change(portal: &Portal, session: &str, seen: &str, body: Value) -> Answer {
    let request = portal.request(Method::PATCH, PATH, Auth::Session(session));
    portal.send(request.header("if-match", seen).json(&body)).await
}
