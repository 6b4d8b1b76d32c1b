//! What a partition takes: a bucket of units for each partition key of the table and of each index, filled up every
//! second. A write that an index's partition can't take is turned away as a whole: the index presses back on the table.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::Limits;
use super::touched::text;
use crate::aws::billing::units_of;
use crate::aws::engine::{INDEXES, Index};
use crate::aws::wire::Refusal;

/// From how many buckets on the full ones are thrown away.
const MANY: usize = 10_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Way {
    Read,
    Write,
}

/// A partition: of an index, or of the table itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) index: Option<&'static str>,
    pub(super) partition: String,
}

impl Place {
    /// A partition of the table itself.
    pub(super) fn table(partition: &str) -> Self {
        Self { index: None, partition: partition.to_owned() }
    }

    /// A partition of an index.
    pub(super) fn index(name: &'static str, partition: &str) -> Self {
        Self { index: Some(name), partition: partition.to_owned() }
    }
}

/// All buckets: what is left in each, and when that was so.
pub(super) struct Buckets {
    limits: Option<Limits>,
    left: HashMap<(Way, Place), (f64, Instant)>,
}

impl Buckets {
    pub(super) fn new(limits: Option<Limits>) -> Self {
        Self { limits, left: HashMap::new() }
    }

    fn rate(&self, way: Way) -> f64 {
        let units = |limits: Limits| match way {
            Way::Read => limits.read_units,
            Way::Write => limits.write_units,
        };
        self.limits.map_or(f64::INFINITY, |limits| f64::from(units(limits)))
    }

    fn left(&self, way: Way, place: &Place, now: Instant) -> f64 {
        let rate = self.rate(way);
        // The key is cloned rather than the map nested: this is a double, and partitions are short texts.
        self.left.get(&(way, place.clone())).map_or(rate, |(left, at)| {
            let since = now.saturating_duration_since(*at).as_secs_f64();
            (left + since * rate).min(rate)
        })
    }

    /// Whether nothing is left there.
    pub(super) fn empty(&self, way: Way, place: &Place, now: Instant) -> bool {
        self.limits.is_some() && self.left(way, place, now) <= 0.0
    }

    /// Takes units out. The last call may take more than there is, as on AWS, where a call's size is known when it is done.
    pub(super) fn take(&mut self, way: Way, place: Place, units: f64, now: Instant) {
        if self.limits.is_none() {
            return;
        }
        let left = self.left(way, &place, now) - units;
        self.left.insert((way, place), (left, now));
        if self.left.len() > MANY {
            let (read, write) = (self.rate(Way::Read), self.rate(Way::Write));
            self.left.retain(|(way, _), (left, at)| {
                let rate = if *way == Way::Read { read } else { write };
                *left + now.saturating_duration_since(*at).as_secs_f64() * rate < rate
            });
        }
    }
}

/// What a write that turns `before` into `after` takes, and where. An index is written where its part of the item enters
/// it, leaves it, or changes in it.
pub(super) fn written(partition: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<(Place, f64)> {
    let mut all = vec![(Place::table(partition), units_of(before, after))];
    for index in INDEXES {
        let place = |entry: &Value| text(entry, index.partition).map(|partition| Place::index(index.name, partition));
        let (left, entered) = (entry(index, before), entry(index, after));
        let (from, to) = (left.as_ref().and_then(place), entered.as_ref().and_then(place));
        match (from, to) {
            (Some(from), Some(to)) if from == to => {
                if left != entered {
                    all.push((to, units_of(left.as_ref(), entered.as_ref())));
                }
            }
            (from, to) => {
                all.extend(from.map(|place| (place, units_of(left.as_ref(), None))));
                all.extend(to.map(|place| (place, units_of(entered.as_ref(), None))));
            }
        }
    }
    all
}

/// What an index holds of an item, if anything.
fn entry(index: Index, item: Option<&Value>) -> Option<Value> {
    let item = item.filter(|item| text(item, index.partition).is_some())?;
    if !index.keys_only {
        return Some(item.clone());
    }
    let keys = ["pk", "sk", index.partition, index.sort];
    Some(keys.into_iter().filter_map(|key| Some((key.to_owned(), item.get(key)?.clone()))).collect())
}

/// The refusal of a call that a partition can't take, as on-demand tables answer ("DynamoDB throttling resolution guide").
pub(super) fn throttled(way: Way, place: &Place) -> Refusal {
    let resource = if place.index.is_some() { "Index" } else { "Table" };
    let reason = format!("{resource}{way:?}KeyRangeThroughputExceeded");
    let table = "arn:aws:dynamodb:us-east-1:000000000000:table/agentkeys-vendor-portal";
    let arn = place.index.map_or_else(|| table.to_owned(), |index| format!("{table}/index/{index}"));
    let code = "com.amazonaws.dynamodb.v20120810#ThrottlingException";
    let message = "Throughput exceeds the current capacity of a partition of your table or index.";
    let reasons = json!([{"reason": reason, "resource": arn}]);
    Refusal { status: 400, body: json!({"__type": code, "message": message, "throttlingReasons": reasons}) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_partition_takes_a_thousand_write_units_a_second_and_no_other_pays_for_it() {
        let mut buckets = Buckets::new(Some(Limits { write_units: 1000, read_units: 3000 }));
        let (hot, other) = (Place::table("hot"), Place::table("other"));
        let start = Instant::now();
        for _ in 0..1000 {
            assert!(!buckets.empty(Way::Write, &hot, start));
            buckets.take(Way::Write, hot.clone(), 1.0, start);
        }
        assert!(buckets.empty(Way::Write, &hot, start));
        assert!(!buckets.empty(Way::Write, &other, start) && !buckets.empty(Way::Read, &hot, start));
        let later = start + Duration::from_millis(100);
        for _ in 0..100 {
            assert!(!buckets.empty(Way::Write, &hot, later));
            buckets.take(Way::Write, hot.clone(), 1.0, later);
        }
        assert!(buckets.empty(Way::Write, &hot, later));
        // However long nobody wrote, there is never more than a second's worth.
        let rested = start + Duration::from_secs(3600);
        buckets.take(Way::Write, hot.clone(), 1000.0, rested);
        assert!(buckets.empty(Way::Write, &hot, rested));
    }

    #[test]
    fn an_index_is_written_where_an_item_enters_leaves_or_changes() {
        let item = |partition: &str, size: usize| json!({"pk": {"S": "p"}, "v_pk": {"S": partition}, "x": {"S": "y".repeat(size)}});
        let places = |before: Option<&Value>, after: Option<&Value>| {
            let written = written("p", before, after);
            let index = written.into_iter().filter(|(place, _)| place.index.is_some());
            index.map(|(place, units)| (place.partition, units)).collect::<Vec<_>>()
        };
        let (a, larger, b) = (item("A", 10), item("A", 1500), item("B", 10));
        assert_eq!(places(None, Some(&a)), [("A".to_owned(), 1.0)]);
        assert_eq!(places(Some(&a), Some(&a)), []);
        assert_eq!(places(Some(&a), Some(&larger)), [("A".to_owned(), 2.0)]);
        assert_eq!(places(Some(&larger), Some(&b)), [("A".to_owned(), 2.0), ("B".to_owned(), 1.0)]);
        assert_eq!(places(Some(&a), None), [("A".to_owned(), 1.0)]);
    }

    /// The index by activity holds keys alone: nothing else of an item is written to it.
    #[test]
    fn an_index_of_keys_is_written_when_a_key_changes() {
        let item = |day: &str, size: usize| {
            let (pk, day) = (json!({"S": "p"}), json!({"S": day}));
            json!({"pk": pk, "sk": pk, "a_pk": {"S": "A"}, "a_sk": day, "x": {"S": "y".repeat(size)}})
        };
        let (small, large, later) = (item("1", 10), item("1", 5000), item("2", 5000));
        assert_eq!(written("p", Some(&small), Some(&large)).len(), 1);
        let written = written("p", Some(&large), Some(&later));
        assert_eq!(written[1], (Place::index("by-activity", "A"), 1.0));
    }
}
