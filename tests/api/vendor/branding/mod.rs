//! `/v1/vendor/branding`

mod get;
mod logo;
mod update;

use reqwest::Method;
use serde_json::Value;

use crate::harness::{Answer, Auth, Portal};

const PATH: &str = "/v1/vendor/branding";

async fn see(portal: &Portal, session: &str) -> Answer {
    portal.get(PATH, Auth::Session(session)).await.expect(200)
}

/// Changes the branding as somebody who saw this entity tag.
async fn change(portal: &Portal, session: &str, seen: &str, body: Value) -> Answer {
    let request = portal.request(Method::PUT, PATH, Auth::Session(session));
    portal.send(request.header("if-match", seen).json(&body)).await
}
