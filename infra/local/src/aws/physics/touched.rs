//! Which items a request is about.

use serde_json::Value;

/// An item's key: partition, sort.
pub(super) type Key = (String, String);

/// An item that a write is about.
pub(super) struct Touched<'a> {
    pub(super) key: Key,
    pub(super) effect: Effect<'a>,
}

/// What becomes of it.
#[derive(Clone, Copy)]
pub(super) enum Effect<'a> {
    /// It is put like this.
    Put(&'a Value),
    /// It is changed by an expression.
    Update,
    /// It goes.
    Delete,
    /// Nothing: it is only looked at.
    Check,
}

/// The key among these attributes.
pub(super) fn key_of(attributes: &Value) -> Option<Key> {
    Some((text(attributes, "pk")?.to_owned(), text(attributes, "sk")?.to_owned()))
}

/// The text in an attribute.
pub(super) fn text<'a>(attributes: &'a Value, name: &str) -> Option<&'a str> {
    attributes.get(name)?.get("S")?.as_str()
}

/// The items of a single write or of a transaction, in the request's order. What is no item has none: the engine
/// refuses it anyway.
pub(super) fn touched<'a>(operation: &str, request: &'a Value) -> Vec<Touched<'a>> {
    let actions = request.get("TransactItems").and_then(Value::as_array);
    let of = |name: &str, action: &'a Value| match name {
        "PutItem" | "Put" => put(action.get("Item")?),
        "UpdateItem" | "Update" => by_key(action, Effect::Update),
        "DeleteItem" | "Delete" => by_key(action, Effect::Delete),
        "ConditionCheck" | "Get" => by_key(action, Effect::Check),
        _ => None,
    };
    match actions {
        Some(actions) => {
            let named = actions.iter().filter_map(|action| action.as_object()?.iter().next());
            named.filter_map(|(name, action)| of(name, action)).collect()
        }
        None => of(operation, request).into_iter().collect(),
    }
}

/// The item of one write of a batch.
pub(super) fn touched_by_batch(write: &Value) -> Option<Touched<'_>> {
    match (write.get("PutRequest"), write.get("DeleteRequest")) {
        (Some(request), _) => put(request.get("Item")?),
        (None, Some(request)) => by_key(request, Effect::Delete),
        (None, None) => None,
    }
}

fn put(item: &Value) -> Option<Touched<'_>> {
    Some(Touched { key: key_of(item)?, effect: Effect::Put(item) })
}

fn by_key<'a>(action: &'a Value, effect: Effect<'a>) -> Option<Touched<'a>> {
    Some(Touched { key: key_of(action.get("Key")?)?, effect })
}

/// The value that a query asks for in `attribute`, the partition key of the table or of an index: `name = :value`.
pub(super) fn asked_partition<'a>(request: &'a Value, attribute: &str) -> Option<&'a str> {
    let condition = request.get("KeyConditionExpression")?.as_str()?;
    let words: Vec<&str> = condition.split([' ', '(', ')']).filter(|word| !word.is_empty()).collect();
    let named = |word: &str| {
        let alias = request.get("ExpressionAttributeNames").and_then(|names| names.get(word));
        alias.and_then(Value::as_str) == Some(attribute) || word == attribute
    };
    let value = words.windows(3).find_map(|words| match *words {
        [name, "=", value] if named(name) => Some(value),
        _ => None,
    });
    text(request.get("ExpressionAttributeValues")?, value?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_transaction_touches_the_items_of_all_its_actions() {
        let key = |sk: &str| json!({"pk": {"S": "P"}, "sk": {"S": sk}});
        let request = json!({"TransactItems": [
            {"Put": {"Item": key("1")}},
            {"Update": {"Key": key("2")}},
            {"Delete": {"Key": key("3")}},
            {"ConditionCheck": {"Key": key("4")}},
        ]});
        let sorts: Vec<String> = touched("TransactWriteItems", &request).into_iter().map(|item| item.key.1).collect();
        assert_eq!(sorts, ["1", "2", "3", "4"]);
    }

    #[test]
    fn the_partition_of_a_query_is_found_by_name_and_by_alias() {
        let values = json!({":p": {"S": "P"}, ":from": {"S": "a"}});
        let plain = json!({"KeyConditionExpression": "pk = :p AND sk > :from", "ExpressionAttributeValues": values});
        assert_eq!(asked_partition(&plain, "pk"), Some("P"));
        assert_eq!(asked_partition(&plain, "v_pk"), None);
        let aliased = json!({
            "KeyConditionExpression": "(#v = :p)", "ExpressionAttributeNames": {"#v": "v_pk"},
            "ExpressionAttributeValues": values,
        });
        assert_eq!(asked_partition(&aliased, "v_pk"), Some("P"));
    }
}
