//! Reads that lag behind: what was written a moment ago may not be seen yet by an eventually consistent read.
//!
//! For as long as the lag, each change is remembered with the item as it was before. A read that lags sees the items as
//! they were at some moment within it. A query over changed items is answered by a scratch engine that holds them as they
//! were, so that its conditions, order and pages are DynamoDB's own.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::touched::{Key, key_of, text};
use crate::aws::engine::Engine;

/// A query that reads more items than this is answered fresh: AWS may lag, it need not.
const MOST: usize = 300;

/// An item, if there is one.
type Image = Option<Value>;

struct Change {
    at: Instant,
    key: Key,
    before: Image,
    after: Image,
}

/// The changes of the last moments, in their order.
pub(super) struct History {
    lag: Duration,
    changes: VecDeque<Change>,
}

/// Changed items: as they were, and as they are.
pub(super) type Past = HashMap<Key, (Image, Image)>;

impl History {
    pub(super) fn new(lag: Duration) -> Self {
        Self { lag, changes: VecDeque::new() }
    }

    /// Remembers a change.
    pub(super) fn note(&mut self, at: Instant, key: Key, before: Image, after: Image) {
        while self.changes.front().is_some_and(|change| change.at + self.lag <= at) {
            self.changes.pop_front();
        }
        if !self.lag.is_zero() && before != after {
            self.changes.push_back(Change { at, key, before, after });
        }
    }

    /// The items that were changed after `moment`.
    pub(super) fn since(&self, moment: Instant) -> Past {
        let mut past = Past::new();
        for change in self.changes.iter().filter(|change| change.at > moment) {
            past.entry(change.key.clone())
                .and_modify(|(_, is)| is.clone_from(&change.after))
                .or_insert_with(|| (change.before.clone(), change.after.clone()));
        }
        past
    }

    /// From when on every read sees all that was written so far.
    pub(super) fn over_at(&self) -> Option<Instant> {
        self.changes.back().map(|change| change.at + self.lag)
    }
}

/// Puts the item as it was into the answer of a `GetItem`.
pub(super) fn get_item(request: &Value, answer: &mut Value, past: &Past) {
    let was = request.get("Key").and_then(key_of).and_then(|key| past.get(&key));
    if let (Some((was, _)), Some(answer)) = (was, answer.as_object_mut()) {
        match was {
            Some(item) => answer.insert("Item".into(), item.clone()),
            None => answer.remove("Item"),
        };
    }
}

/// Puts the items as they were into the answer of a `BatchGetItem`.
pub(super) fn batch_get_item(request: &Value, answer: &mut Value, past: &Past) {
    let asked = request.get("RequestItems").and_then(Value::as_object).into_iter().flatten();
    for (table, asked) in asked {
        let keys = asked.get("Keys").and_then(Value::as_array).into_iter().flatten().filter_map(key_of);
        let were: Vec<(Key, &Image)> = keys.filter_map(|key| past.get(&key).map(|(was, _)| (key, was))).collect();
        let found = answer.get_mut("Responses").and_then(|tables| tables.get_mut(table)).and_then(Value::as_array_mut);
        let Some(found) = found else { continue };
        found.retain(|item| key_of(item).is_none_or(|key| were.iter().all(|(changed, _)| *changed != key)));
        found.extend(were.into_iter().filter_map(|(_, was)| was.clone()));
    }
}

/// The answer of a query as it would have been then; `None` when nothing that it reads has changed, or too much to tell.
/// `attribute` is its index's partition key, or the table's, and `partition` the value that it asks for.
pub(super) fn query(engine: &Engine, request: &Value, attribute: &str, partition: &str, past: &Past) -> Option<Value> {
    let inside = |image: &Image| image.as_ref().is_some_and(|item| text(item, attribute) == Some(partition));
    let changed: Vec<(&Key, &Image)> =
        past.iter().filter(|(_, (was, is))| inside(was) || inside(is)).map(|(key, (was, _))| (key, was)).collect();
    if changed.is_empty() {
        return None;
    }
    let base = engine.call("Query", &base(request, changed.len())?)?.ok()?;
    let whole = request.get("Limit").is_none();
    if whole && base.get("LastEvaluatedKey").is_some() {
        return None;
    }
    let items = base.get("Items")?.as_array()?.iter();
    let same = items.filter(|item| key_of(item).is_none_or(|key| changed.iter().all(|(other, _)| **other != key)));
    let were = changed.iter().filter_map(|(_, was)| was.as_ref());
    let scratch = Engine::open(None, Arc::new(|| 0)).ok()?;
    scratch.import(same.chain(were)).ok()?;
    scratch.call("Query", request)?.ok()
}

/// The query without its filter and its form: the items that it reads, and so many more that those which go don't leave
/// its page short.
fn base(request: &Value, changed: usize) -> Option<Value> {
    let condition = request.get("KeyConditionExpression")?.as_str()?;
    let used = |placeholders: Option<&Value>| {
        let all = placeholders?.as_object()?.iter();
        let used: Map<String, Value> = all
            .filter(|(name, _)| condition.contains(name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (!used.is_empty()).then_some(Value::Object(used))
    };
    let limit = request.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(MOST);
    let mut base = Map::new();
    for name in ["TableName", "IndexName", "KeyConditionExpression", "ScanIndexForward", "ExclusiveStartKey"] {
        base.extend(request.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for name in ["ExpressionAttributeNames", "ExpressionAttributeValues"] {
        base.extend(used(request.get(name)).map(|value| (name.to_owned(), value)));
    }
    base.insert("Limit".into(), (limit + changed).into());
    (limit <= MOST).then_some(Value::Object(base))
}
