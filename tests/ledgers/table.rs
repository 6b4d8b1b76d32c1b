//! The table as it lies there: items in DynamoDB's own JSON.

use data_encoding::BASE64;
use serde_json::Value;

use crate::harness::Portal;

/// All items of the table, once all that is under way is worked off.
pub async fn items(portal: &Portal) -> Vec<Value> {
    portal.runner().settle().await;
    portal.runner().aws().items().expect("the table")
}

/// The text in an attribute; empty if there is none.
pub fn string<'a>(item: &'a Value, attribute: &str) -> &'a str {
    item[attribute]["S"].as_str().unwrap_or_default()
}

/// The items of one kind.
pub fn of_kind<'a>(items: &'a [Value], kind: &str) -> Vec<&'a Value> {
    items.iter().filter(|item| string(item, "kind") == kind).collect()
}

/// An attribute's type and value: `{"S": "text"}` is `("S", "text")`.
pub fn typed(attribute: &Value) -> (&str, &Value) {
    let mut fields = attribute.as_object().into_iter().flatten();
    let (kind, value) = fields.next().unwrap_or_else(|| panic!("no attribute: {attribute}"));
    (kind.as_str(), value)
}

/// How large DynamoDB reckons an item to be, in bytes ("DynamoDB item sizes and formats").
pub fn size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, attribute)| name.len() + size_of(attribute)).sum()
}

fn size_of(attribute: &Value) -> usize {
    let (kind, value) = typed(attribute);
    let text = value.as_str().unwrap_or_default();
    match kind {
        "S" => text.len(),
        "B" => BASE64.decode(text.as_bytes()).expect("base64").len(),
        // A byte for two digits, one more, and one for the sign.
        "N" => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            digits.div_ceil(2) + 1 + usize::from(text.starts_with('-'))
        }
        "BOOL" | "NULL" => 1,
        "L" => {
            let elements = value.as_array().into_iter().flatten();
            3 + elements.map(|element| 1 + size_of(element)).sum::<usize>()
        }
        "M" => {
            let fields = value.as_object().into_iter().flatten();
            3 + fields.map(|(name, field)| 1 + name.len() + size_of(field)).sum::<usize>()
        }
        other => panic!("say here how large an attribute of type {other} is"),
    }
}

#[test]
fn sizes_by_hand() {
    let item = serde_json::json!({
        "pk": { "S": "AÄ" },
        "n": { "N": "-123" },
        "raw": { "B": "AAEC" },
        "map": { "M": { "a": { "BOOL": true }, "list": { "L": [{ "S": "xy" }, { "NULL": true }] } } },
    });
    let (pk, number, raw) = (2 + 3, 1 + 4, 3 + 3);
    let map = 3 + 3 + (1 + 1 + 1) + (1 + 4 + 3 + (1 + 2) + (1 + 1));
    assert_eq!(size(&item), pk + number + raw + map);
}
