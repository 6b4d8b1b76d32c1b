//! What no endpoint does: operations' hand in the table, and a signature of K1 over something that the portal would
//! never sign. Both go to the local AWS as any SDK's calls would.

use data_encoding::BASE64;
use functions::platform::store::VendorStore;
use p256::ecdsa::Signature;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, Auth, Portal, jwt};

impl Portal {
    /// The door to a vendor's data, as a function of ours called `test` has it.
    pub fn store_of(&self, vendor_id: &str) -> VendorStore {
        let app = self.runner().app("test");
        let store = app.store_of_all_vendors().expect("all settings are there");
        store.of(vendor_id.parse().expect("a vendor's id"))
    }

    async fn aws(&self, target: &str, request: Value) -> Value {
        let endpoint = self.runner().aws().endpoint("operations");
        let request = self.client().post(endpoint).header("x-amz-target", target).json(&request);
        self.send(request).await.expect(200).body
    }

    /// Takes an item out of the table, as if it had never been written.
    pub async fn forget(&self, pk: &str, sk: &str) {
        let request = json!({
            "TableName": local::aws::Aws::table_name(),
            "Key": { "pk": { "S": pk }, "sk": { "S": sk } },
            "ConditionExpression": "attribute_exists(pk)",
        });
        self.aws("DynamoDB_20120810.DeleteItem", request).await;
    }

    /// Makes a chunk of an import one that was begun and never ended.
    pub async fn unend(&self, pk: &str, sk: &str) {
        let request = json!({
            "TableName": local::aws::Aws::table_name(),
            "Key": { "pk": { "S": pk }, "sk": { "S": sk } },
            "ConditionExpression": "attribute_exists(counts)",
            "UpdateExpression": "REMOVE counts SET version = :zero",
            "ExpressionAttributeValues": { ":zero": { "N": "0" } },
        });
        self.aws("DynamoDB_20120810.UpdateItem", request).await;
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
