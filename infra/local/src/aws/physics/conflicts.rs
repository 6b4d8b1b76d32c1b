//! Transactions that meet ("Amazon DynamoDB Transactions: How it works", conflict handling).
//!
//! A transaction holds its items, those of its condition checks included, from its arrival until it is answered. Another
//! one that wants one of them is cancelled, and a single write is turned away. Reading is never in anybody's way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::touched::{Key, touched};
use crate::aws::wire::Refusal;

/// The prefix of DynamoDB's own error codes.
const CODE: &str = "com.amazonaws.dynamodb.v20120810#";

/// The items that transactions hold, each with its transaction's `ClientRequestToken`.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashMap<Key, String>>>);

/// A transaction under way; its items are let go with it.
pub(in crate::aws) struct Held {
    keys: Vec<Key>,
    of: InFlight,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut items = self.of.items();
        for key in &self.keys {
            items.remove(key);
        }
    }
}

impl InFlight {
    fn items(&self) -> MutexGuard<'_, HashMap<Key, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a transaction holds that item.
    pub(super) fn holds(&self, key: &Key) -> bool {
        self.items().contains_key(key)
    }

    /// Takes the items of a transaction, or tells why not. One that reads takes nothing.
    pub(super) fn begin(&self, operation: &str, request: &Value) -> Result<Option<Held>, Refusal> {
        let keys: Vec<Key> = touched(operation, request).into_iter().map(|item| item.key).collect();
        let token = request.get("ClientRequestToken").and_then(Value::as_str).unwrap_or_default();
        let mut items = self.items();
        if !token.is_empty() && keys.iter().any(|key| items.get(key).is_some_and(|holder| holder == token)) {
            return Err(in_progress());
        }
        let taken: Vec<bool> = keys.iter().map(|key| items.contains_key(key)).collect();
        if taken.contains(&true) {
            return Err(cancelled(&taken, "TransactionConflict", "Transaction is ongoing for the item"));
        }
        if operation != "TransactWriteItems" {
            return Ok(None);
        }
        items.extend(keys.iter().map(|key| (key.clone(), token.to_owned())));
        Ok(Some(Held { keys, of: self.clone() }))
    }
}

/// A cancelled transaction, with a reason for each of its actions: this one where `at` says so, else none.
pub(super) fn cancelled(at: &[bool], code: &str, message: &str) -> Refusal {
    let reason = |hit: &bool| match hit {
        true => json!({"Code": code, "Message": message}),
        false => json!({"Code": "None"}),
    };
    let codes: Vec<&str> = at.iter().map(|hit| if *hit { code } else { "None" }).collect();
    let told =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let reasons: Vec<Value> = at.iter().map(reason).collect();
    let code = format!("{CODE}TransactionCanceledException");
    Refusal { status: 400, body: json!({"__type": code, "Message": told, "CancellationReasons": reasons}) }
}

/// The same transaction is under way already.
fn in_progress() -> Refusal {
    let code = format!("{CODE}TransactionInProgressException");
    Refusal::new(&code, "The transaction with the given request token is already in progress.")
}

/// A single write on an item that a transaction holds.
pub(super) fn conflict() -> Refusal {
    Refusal::new(&format!("{CODE}TransactionConflictException"), "Transaction is ongoing for the item")
}
