//! What no endpoint does: operations' hand in the table, and a signature of K1 over something that the portal would
//! never sign. Both go to the local AWS as any SDK's calls would.

use data_encoding::BASE64;
use domain::cap::REVOKED_SECONDS;
use domain::clock::{plus_seconds, sortable};
use p256::ecdsa::Signature;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, Auth, Portal, jwt};

impl Portal {
    async fn aws(&self, target: &str, request: Value) -> Value {
        let endpoint = self.runner().aws().endpoint("operations");
        let request = self.client().post(endpoint).header("x-amz-target", target).json(&request);
        self.send(request).await.expect(200).body
    }

    async fn set(&self, pk: &str, sk: &str, field: &str, value: Value) {
        let request = json!({
            "TableName": local::aws::Aws::table_name(),
            "Key": { "pk": { "S": pk }, "sk": { "S": sk } },
            "ConditionExpression": "attribute_exists(pk)",
            "UpdateExpression": "SET #field = :value",
            "ExpressionAttributeNames": { "#field": field },
            "ExpressionAttributeValues": { ":value": value },
        });
        self.aws("DynamoDB_20120810.UpdateItem", request).await;
    }

    /// Operations stop a vendor, or let it go on: `suspended`, `active`.
    pub async fn set_status(&self, vendor_id: &str, status: &str) {
        self.set(&format!("VENDOR#{vendor_id}"), "PROFILE", "status", json!({ "S": status })).await;
    }

    /// Operations call a function, or a schedule does.
    pub async fn operate(&self, function: &str, payload: Value) -> Value {
        let path = format!("/_local/run/{function}");
        self.post(&path, Auth::None, payload).await.expect(200).body
    }

    /// Narrows or widens what a vendor's devices may reach.
    pub async fn set_namespaces(&self, vendor_id: &str, namespaces: &[&str]) {
        let list: Vec<Value> = namespaces.iter().map(|name| json!({ "S": name })).collect();
        let field = "allowed_namespaces";
        self.set(&format!("VENDOR#{vendor_id}"), "PROFILE", field, json!({ "L": list })).await;
    }

    /// Ends all caps of an actor, as its release does.
    pub async fn revoke_actor(&self, vendor_id: &str, actor_omni: &str) {
        let now = self.now().await;
        let until = plus_seconds(now, REVOKED_SECONDS);
        let text = |value: String| json!({ "S": value });
        let by =
            json!({ "at": text(now.to_string()), "who": text("visitor".into()), "req": text("req_operations".into()) });
        let item = json!({
            "pk": text("REVOKED".into()), "sk": text(format!("{}#{actor_omni}#{vendor_id}", sortable(until))),
            "kind": text("revocation".into()), "by": { "M": by }, "ttl": { "N": until.as_second().to_string() },
            "vendor_id": text(vendor_id.into()), "actor_omni": text(actor_omni.into()),
            "expires_at": text(until.to_string()),
        });
        let request = json!({ "TableName": local::aws::Aws::table_name(), "Item": item });
        self.aws("DynamoDB_20120810.PutItem", request).await;
    }

    /// A token of AgentKeys' own services, as operations issue it.
    pub async fn service_token(&self, scope: &str) -> String {
        let body = json!({ "scope": scope });
        let answer = self.post("/_local/service-tokens", Auth::None, body).await;
        answer.expect(201).str("/token").to_owned()
    }

    /// A service asks what a token is worth.
    pub async fn introspect(&self, service: Auth<'_>, token: &str) -> Answer {
        let request = self.request(Method::POST, "/v1/tokens/introspect", service);
        let form = format!("token={token}");
        self.send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
    }

    /// Header and claims with a signature of K1 that holds.
    pub async fn signed_by_k1(&self, header: &Value, claims: &Value) -> String {
        let input = jwt::signing_input(header, claims);
        let request = json!({
            "KeyId": self.runner().aws().key_id(),
            "Message": BASE64.encode(&Sha256::digest(input.as_bytes())),
            "MessageType": "DIGEST",
            "SigningAlgorithm": "ECDSA_SHA_256",
        });
        let answer = self.aws("TrentService.Sign", request).await;
        let der = answer["Signature"].as_str().expect("a signature");
        let der = BASE64.decode(der.as_bytes()).expect("base64");
        let signature = Signature::from_der(&der).expect("DER");
        jwt::with_signature(&input, &signature.to_bytes())
    }
}
