//! What DynamoDB would bill for one call, in request units.
//!
//! DynamoDB reports what a call consumed when it is asked to, so the meter asks on the client's behalf and takes out of
//! the answer what the client did not ask for. Only errors report nothing, although AWS bills some of them
//! ("DynamoDB read and write operations": a conditional write whose condition is false consumes the write units of the
//! item, at least one; "Amazon DynamoDB Transactions: How it works": each item of a transaction is written twice, to
//! prepare and to commit). Those are reckoned here, from the sizes of what was sent and of what stood in the way.
//!
//! What the engine reports agrees with AWS: half a unit per 4 KB of an eventually consistent read, the minimum for an
//! item that is missing, a write by the larger of its two images, and in the total what each index was written.

use std::ops::AddAssign;

use serde_json::Value;

use super::Refusal;

/// Request units. Reads come in halves, which a float holds exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Units {
    pub(super) read: f64,
    pub(super) write: f64,
}

impl AddAssign for Units {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.write += other.write;
    }
}

/// How an operation is billed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reads,
    Writes,
    Neither,
}

fn kind(operation: &str) -> Kind {
    match operation {
        "GetItem" | "BatchGetItem" | "Query" | "Scan" | "TransactGetItems" => Kind::Reads,
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems" => Kind::Writes,
        _ => Kind::Neither,
    }
}

/// Whether the operation changes items.
pub(super) fn writes(operation: &str) -> bool {
    kind(operation) == Kind::Writes
}

/// What was asked of DynamoDB on the client's behalf, and so must not reach the client.
pub(super) struct Asked {
    capacity: bool,
    old_item: bool,
}

impl Asked {
    /// Asks for the consumed capacity and, of a conditional write, for the item that makes it fail: its size is billed.
    pub(super) fn add_to(operation: &str, request: &mut Value) -> Self {
        let mut ask = |field: &str, value: &str| {
            let Some(request) = request.as_object_mut() else {
                return false;
            };
            let theirs = request.get(field).and_then(Value::as_str);
            let absent = theirs.is_none_or(|theirs| theirs == "NONE");
            if absent {
                request.insert(field.to_owned(), value.into());
            }
            absent
        };
        let single_write = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem");
        Self {
            capacity: kind(operation) != Kind::Neither && ask("ReturnConsumedCapacity", "TOTAL"),
            old_item: single_write && ask("ReturnValuesOnConditionCheckFailure", "ALL_OLD"),
        }
    }

    /// Takes out of the answer what the client did not ask for.
    pub(super) fn take_from(self, outcome: &mut Result<Value, Refusal>) {
        let (body, field, ours) = match outcome {
            Ok(answer) => (answer, "ConsumedCapacity", self.capacity),
            Err(refusal) => (&mut refusal.body, "Item", self.old_item),
        };
        if let Some(body) = body.as_object_mut().filter(|_| ours) {
            body.remove(field);
        }
    }
}

/// What AWS bills for this call.
pub(super) fn units(operation: &str, request: &Value, outcome: &Result<Value, Refusal>) -> Units {
    match outcome {
        Ok(answer) => consumed(operation, answer),
        Err(refusal) => Units { read: 0.0, write: billed_failure(operation, request, &refusal.body) },
    }
}

/// As reported: one `ConsumedCapacity`, or one per table. Transactions say which units they are (a replayed
/// `ClientRequestToken` is billed as a read); the others leave it to the kind of operation.
fn consumed(operation: &str, answer: &Value) -> Units {
    let reports = match answer.get("ConsumedCapacity") {
        Some(Value::Array(reports)) => reports.as_slice(),
        Some(report) => std::slice::from_ref(report),
        None => &[],
    };
    let mut total = Units::default();
    for report in reports {
        let field = |name: &str| report.get(name).and_then(Value::as_f64);
        let all = field("CapacityUnits").unwrap_or_default();
        total += match (field("ReadCapacityUnits"), field("WriteCapacityUnits"), kind(operation)) {
            (None, None, Kind::Reads) => Units { read: all, write: 0.0 },
            (None, None, Kind::Writes) => Units { read: 0.0, write: all },
            (None, None, Kind::Neither) => Units::default(),
            (read, write, _) => Units { read: read.unwrap_or_default(), write: write.unwrap_or_default() },
        };
    }
    total
}

/// Write units of a call that failed: none unless a condition failed, alone or in a transaction.
fn billed_failure(operation: &str, request: &Value, error: &Value) -> f64 {
    let code = error.get("__type").and_then(Value::as_str).and_then(|code| code.rsplit('#').next());
    match (code, operation) {
        (Some("ConditionalCheckFailedException"), _) => write_units(request, error.get("Item")),
        (Some("TransactionCanceledException"), "TransactWriteItems") => cancelled(request, error),
        _ => 0.0,
    }
}

/// Twice the write units of each action, the checks included. An action whose item was not sent with it (an update, a
/// delete, a check) is taken at the size of its key unless the item came back: the true bill may be higher.
fn cancelled(request: &Value, error: &Value) -> f64 {
    let reasons = error.get("CancellationReasons");
    let actions = request.get("TransactItems").and_then(Value::as_array).into_iter().flatten();
    let each = actions.enumerate().filter_map(|(index, action)| {
        let old = reasons.and_then(|reasons| reasons.get(index)).and_then(|reason| reason.get("Item"));
        Some(2.0 * write_units(action.as_object()?.values().next()?, old))
    });
    each.sum()
}

/// Write units of one write: a unit per KB begun of the larger of what was sent and what was there.
fn write_units(write: &Value, old: Option<&Value>) -> f64 {
    let sent = write.get("Item").or_else(|| write.get("Key"));
    dynoxide::types::write_capacity_units(size(sent).max(size(old)))
}

/// Write units of a write that turns one item into the other.
pub(super) fn units_of(before: Option<&Value>, after: Option<&Value>) -> f64 {
    dynoxide::types::write_capacity_units(size(before).max(size(after)))
}

fn size(item: Option<&Value>) -> usize {
    item.and_then(|item| <dynoxide::Item as serde::Deserialize>::deserialize(item).ok())
        .map_or(0, |item| dynoxide::types::item_size(&item))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(bytes: usize) -> Value {
        json!({"pk": {"S": "a"}, "data": {"B": data_encoding::BASE64.encode(&vec![0; bytes])}})
    }

    fn failed(code: &str, more: Value) -> Result<Value, Refusal> {
        let mut refusal = Refusal::new(&format!("com.amazonaws.dynamodb.v20120810#{code}"), "…");
        let Value::Object(more) = more else { panic!("not an object") };
        refusal.body.as_object_mut().unwrap().extend(more);
        Err(refusal)
    }

    fn read(units: f64) -> Units {
        Units { read: units, write: 0.0 }
    }

    fn write(units: f64) -> Units {
        Units { read: 0.0, write: units }
    }

    #[test]
    fn consumed_capacity_is_a_read_or_a_write_by_its_operation() {
        let one = Ok(json!({"ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5}}));
        assert_eq!(units("GetItem", &json!({}), &one), read(0.5));
        assert_eq!(units("UpdateItem", &json!({}), &one), write(0.5));
        let two = Ok(json!({"ConsumedCapacity": [{"CapacityUnits": 1.5}, {"CapacityUnits": 2.0}]}));
        assert_eq!(units("BatchGetItem", &json!({}), &two), read(3.5));
        assert_eq!(units("DescribeTable", &json!({}), &Ok(json!({}))), Units::default());
    }

    #[test]
    fn a_replayed_transaction_is_a_read() {
        let replay = Ok(json!({"ConsumedCapacity": [{"CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]}));
        assert_eq!(units("TransactWriteItems", &json!({}), &replay), read(2.0));
    }

    #[test]
    fn a_failed_condition_costs_the_larger_of_the_two_items() {
        let code = "ConditionalCheckFailedException";
        assert_eq!(units("PutItem", &json!({"Item": item(2500)}), &failed(code, json!({}))), write(3.0));
        let key = json!({"Key": {"pk": {"S": "a"}}});
        assert_eq!(units("UpdateItem", &key, &failed(code, json!({}))), write(1.0));
        assert_eq!(units("UpdateItem", &key, &failed(code, json!({"Item": item(1500)}))), write(2.0));
        assert_eq!(units("PutItem", &json!({"Item": item(9)}), &failed("ValidationException", json!({}))), write(0.0));
    }

    #[test]
    fn a_cancelled_transaction_costs_double_for_each_action() {
        let request = json!({"TransactItems": [
            {"Put": {"Item": item(2500)}},
            {"Update": {"Key": {"pk": {"S": "a"}}}},
            {"ConditionCheck": {"Key": {"pk": {"S": "b"}}}},
        ]});
        let reasons = json!({"CancellationReasons": [
            {"Code": "None"},
            {"Code": "ConditionalCheckFailed", "Item": item(1500)},
            {"Code": "None"},
        ]});
        let outcome = failed("TransactionCanceledException", reasons);
        assert_eq!(units("TransactWriteItems", &request, &outcome), write(2.0 * (3.0 + 2.0 + 1.0)));
    }

    #[test]
    fn what_the_client_did_not_ask_for_is_taken_out_again() {
        let mut request = json!({"ReturnConsumedCapacity": "NONE"});
        let asked = Asked::add_to("PutItem", &mut request);
        assert_eq!(request["ReturnConsumedCapacity"], "TOTAL");
        assert_eq!(request["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
        let mut outcome = Ok(json!({"ConsumedCapacity": {}, "Attributes": {}}));
        asked.take_from(&mut outcome);
        assert_eq!(outcome.unwrap(), json!({"Attributes": {}}));

        let mut request = json!({"ReturnConsumedCapacity": "INDEXES"});
        let asked = Asked::add_to("Query", &mut request);
        assert_eq!(request, json!({"ReturnConsumedCapacity": "INDEXES"}));
        let mut outcome = Ok(json!({"ConsumedCapacity": {}}));
        asked.take_from(&mut outcome);
        assert_eq!(outcome.unwrap(), json!({"ConsumedCapacity": {}}));
    }
}
