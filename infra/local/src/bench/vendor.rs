//! The vendor that is measured, from its sign-up to its first device.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::Runner;
use crate::fleet;

/// The user of all devices.
pub(super) const USER: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";

/// A vendor that can register devices, and its software.
#[derive(Clone)]
pub(super) struct Vendor {
    pub(super) client: Client,
    base_url: String,
    token: String,
    pub(super) vendor_id: String,
    /// Its first device.
    pub(super) device_id: String,
    /// The key with which that was registered.
    pub(super) first_key: String,
    /// That one's actor.
    pub(super) actor_omni: String,
}

impl Vendor {
    /// Goes the whole way.
    pub(super) async fn onboard(runner: &Runner) -> Result<Self, String> {
        let client = Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
        let base_url = runner.url().to_owned();
        let ask = async |path: &str, authorization: &str, body: Value| {
            let request = client.post(format!("{base_url}{path}")).header("authorization", authorization);
            answer(request.header("idempotency-key", "first").json(&body)).await
        };
        let email = "bench@example.com";
        ask("/v1/vendor/signup", "", json!({ "email": email, "display_name": "Bench" })).await?;
        runner.settle().await;
        let mails = runner.aws().mailbox().list();
        let link = mails.iter().find_map(|mail| mail.text.split_once("token=")).map(|(_, rest)| rest);
        let link = link.and_then(|rest| rest.split_whitespace().next()).ok_or("no mail came")?;
        let verified = ask("/v1/vendor/verify-email", "", json!({ "token": link })).await?;
        let session = format!("Session {}", text(&verified, "session")?);
        let terms = answer(client.get(format!("{base_url}/v1/legal/terms"))).await?;
        let signature = json!({
            "tos_version": terms["tos"]["version"], "dpa_version": terms["dpa"]["version"],
            "signatory_name": "Li Lei", "signatory_title": "CEO",
        });
        ask("/v1/vendor/terms/accept", &session, signature).await?;
        let page = ask("/v1/vendor/payment/stripe/connect", &session, json!({})).await?;
        ask("/_local/rails/stripe/complete", "", json!({ "url": page["redirect_url"] })).await?;
        let token = text(&ask("/v1/vendor/tokens", &session, json!({})).await?, "token")?;
        let (device_id, first_key) = (fleet::device_id(0), "first".to_owned());
        let body = json!({ "device_id": device_id, "user_omni": USER, "model": "bunny-2" });
        let device = ask("/v1/vendor/devices/register", &format!("Bearer {token}"), body).await?;
        runner.settle().await;
        let (vendor_id, actor_omni) = (text(&verified, "vendor_id")?, text(&device, "actor_omni")?);
        Ok(Self { client, base_url, token, vendor_id, device_id, first_key, actor_omni })
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    /// A `POST` with the vendor's token.
    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path)).bearer_auth(&self.token)
    }

    /// A `GET` with the vendor's token, answered as it should be.
    pub(super) async fn get(&self, path: &str) -> Result<Value, String> {
        answer(self.client.get(self.url(path)).bearer_auth(&self.token)).await
    }
}

/// The JSON of an answer, if it is a good one.
async fn answer(request: RequestBuilder) -> Result<Value, String> {
    let response = request.send().await.map_err(|error| error.to_string())?;
    let (status, url) = (response.status(), response.url().clone());
    let body = response.text().await.map_err(|error| error.to_string())?;
    match status.is_success() {
        true => Ok(serde_json::from_str(&body).unwrap_or_default()),
        false => Err(format!("{url} answered {status}: {body}")),
    }
}

pub(super) fn text(body: &Value, field: &str) -> Result<String, String> {
    body[field].as_str().map(str::to_owned).ok_or_else(|| format!("no {field} in {body}"))
}
