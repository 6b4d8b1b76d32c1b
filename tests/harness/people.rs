//! People and vendors, and the steps that they take.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Auth, Portal, TERMS, omni};

/// A vendor with all steps done but the first device.
#[derive(Clone, Debug)]
pub struct Vendor {
    pub email: String,
    pub vendor_id: String,
    pub session: String,
    pub token: String,
    pub token_id: String,
}

/// A vendor's person who has proved the address, and nothing more.
#[derive(Clone, Debug)]
pub struct Person {
    pub email: String,
    pub vendor_id: String,
    pub session: String,
}

/// The steps of a vendor.
impl Portal {
    /// Signs up as this and proves the address.
    pub async fn sign_up_as(&self, profile: Value) -> Person {
        let email = profile["email"].as_str().expect("an address").to_owned();
        self.post("/v1/vendor/signup", Auth::None, profile).await.expect(202);
        let token = self.link_token(&email).await;
        let path = "/v1/vendor/verify-email";
        let answer = self.post(path, Auth::None, json!({ "token": token })).await.expect(200);
        Person { vendor_id: answer.str("/vendor_id").to_owned(), session: answer.str("/session").to_owned(), email }
    }

    /// Signs up and proves the address.
    pub async fn sign_up(&self, email: &str) -> Person {
        let name = email.split('@').next().unwrap_or_default();
        self.sign_up_as(json!({ "email": email, "display_name": name })).await
    }

    /// A new session of a vendor's person, by mail.
    pub async fn sign_in(&self, email: &str) -> String {
        let asked = self.post("/v1/vendor/sessions", Auth::None, json!({ "email": email })).await.expect(202);
        let body = json!({ "token": self.link_token(email).await, "request_id": asked.str("/request_id") });
        let answer = self.post("/v1/vendor/sessions/exchange", Auth::None, body).await;
        answer.expect(200).str("/session").to_owned()
    }

    pub async fn accept_terms(&self, session: &str) {
        let body = json!({
            "tos_version": TERMS, "dpa_version": TERMS, "signatory_name": "Li Lei", "signatory_title": "CEO",
        });
        let path = "/v1/vendor/terms/accept";
        self.post(path, Auth::Session(session), body).await.expect(200);
    }

    /// The whole visit to Stripe's page.
    pub async fn connect_stripe(&self, session: &str) {
        let url = self.visit_stripe(session, Value::Null).await;
        self.complete_stripe(&url, "approve").await.expect(200);
        let connected = async || (self.payment(session).await.1 == "connected").then_some(());
        self.eventually("the connection of the rail", connected).await;
    }

    /// A token with all scopes: the token, then its id.
    pub async fn issue_token(&self, session: &str) -> (String, String) {
        let answer = self.post("/v1/vendor/tokens", Auth::Session(session), json!({})).await.expect(201);
        (answer.str("/token").to_owned(), answer.str("/token_id").to_owned())
    }

    /// A vendor that can register devices: `name@example.com`.
    pub async fn vendor(&self, name: &str) -> Vendor {
        let Person { email, vendor_id, session } = self.sign_up(&self.address(name)).await;
        self.accept_terms(&session).await;
        self.connect_stripe(&session).await;
        let (token, token_id) = self.issue_token(&session).await;
        Vendor { email, vendor_id, session, token, token_id }
    }

    pub async fn register(&self, token: &str, key: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, "/v1/vendor/devices/register", Auth::Bearer(token));
        self.send(request.header("idempotency-key", key).json(&body)).await
    }

    /// Registers a device for the user 0x11…: its actor omni.
    pub async fn actor(&self, token: &str, device: &str) -> String {
        let body = json!({ "device_id": device, "user_omni": super::omni("11") });
        let answer = self.register(token, device, body).await;
        assert!([200, 201].contains(&answer.status), "{}", answer.text);
        answer.str("/actor_omni").to_owned()
    }

    /// Mints a cap to fetch memory.
    pub async fn mint(&self, token: &str, actor: &str, namespaces: &[&str]) -> Answer {
        let body = json!({ "actor_omni": actor, "op": "fetch", "data_class": "memory", "namespaces": namespaces });
        self.post("/v1/vendor/caps", Auth::Bearer(token), body).await
    }

    pub async fn revoke_cap(&self, token: &str, cap_id: &str) -> Answer {
        self.post(&format!("/v1/vendor/caps/{cap_id}/revoke"), Auth::Bearer(token), Value::Null).await
    }

    /// What everybody may know to be revoked.
    pub async fn revoked_caps(&self) -> Value {
        self.get("/v1/caps/revoked", Auth::None).await.expect(200).body
    }

    pub async fn register_batch(&self, token: &str, key: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, "/v1/vendor/devices/register-batch", Auth::Bearer(token));
        self.send(request.header("idempotency-key", key).json(&body)).await
    }

    /// Releases a device's binding with the user that is 32 times this byte.
    pub async fn release(&self, auth: Auth<'_>, device: &str, user: &str) -> Answer {
        self.delete(&format!("/v1/vendor/devices/{device}/bindings/{}", omni(user)), auth).await
    }

    /// Begins an import: its id.
    pub async fn import(&self, token: &str, body: Value) -> String {
        let answer = self.post("/v1/vendor/imports", Auth::Bearer(token), body).await.expect(201);
        answer.str("/import_id").to_owned()
    }

    /// Uploads a chunk of JSON Lines.
    pub async fn upload(&self, token: &str, import: &str, first_line: u32, lines: &str) -> Answer {
        self.upload_as(Auth::Bearer(token), import, first_line, "application/x-ndjson", lines).await
    }

    pub async fn upload_as(&self, auth: Auth<'_>, import: &str, first_line: u32, kind: &str, lines: &str) -> Answer {
        let path = format!("/v1/vendor/imports/{import}/chunks?first_line={first_line}");
        let request = self.request(Method::POST, &path, auth).header("content-type", kind);
        self.send(request.body(lines.to_owned())).await
    }

    /// The vendor's audit log, newest first, once it is complete.
    pub async fn audit(&self, session: &str) -> Vec<Value> {
        self.settle().await;
        let path = "/v1/vendor/audit?limit=100";
        let answer = self.get(path, Auth::Session(session)).await.expect(200);
        answer.body["data"].as_array().expect("a list").clone()
    }

    /// The same, once it has a row of this type.
    pub async fn audit_with(&self, session: &str, kind: &str) -> Vec<Value> {
        let look = async || {
            let rows = self.audit(session).await;
            super::types(&rows).contains(&kind).then_some(rows)
        };
        self.eventually(&format!("an audit row {kind}"), look).await
    }

    /// All that a vendor sees of itself: equal before and after means that nothing changed.
    pub async fn state(&self, session: &str) -> Value {
        let audit = self.audit(session).await;
        let see = async |path: &str| self.get(path, Auth::Session(session)).await.expect(200).body;
        let (vendor, onboarding) = (see("/v1/vendor").await, see("/v1/vendor/onboarding").await);
        let payment = see("/v1/vendor/payment").await;
        json!({ "vendor": vendor, "onboarding": onboarding, "payment": payment, "audit": audit })
    }
}
