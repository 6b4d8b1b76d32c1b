//! What the functions have called on AWS, and what it would be billed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::billing::Units;

/// A service whose calls are metered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    DynamoDb,
    Kms,
    Ses,
    Events,
}

impl Service {
    const ALL: [Service; 4] = [Service::DynamoDb, Service::Kms, Service::Ses, Service::Events];

    fn name(self) -> &'static str {
        match self {
            Service::DynamoDb => "dynamodb",
            Service::Kms => "kms",
            Service::Ses => "ses",
            Service::Events => "events",
        }
    }
}

/// Calls of one operation, and what they consumed.
#[derive(Clone, Copy, Default)]
struct Count {
    calls: u64,
    units: Units,
}

impl Count {
    fn to_json(self) -> Value {
        json!({"calls": self.calls, "read_units": number(self.units.read), "write_units": number(self.units.write)})
    }
}

/// `3`, not `3.0`; but `0.5`.
fn number(units: f64) -> Value {
    if units.fract() == 0.0 { Value::from(units as i64) } else { Value::from(units) }
}

/// Per function, service and operation.
type Counts = BTreeMap<(String, Service, String), Count>;

/// Counts calls and request units, per function, service and operation.
#[derive(Default)]
pub struct Meter(Mutex<Counts>);

impl Meter {
    /// What the functions for which `include` holds have used together:
    /// `{"dynamodb": {"PutItem": {"calls": 1, "read_units": 0, "write_units": 3}}, "kms": {}, "ses": {}, "events": {}}`.
    pub fn snapshot(&self, include: impl Fn(&str) -> bool) -> Value {
        sum(&self.counts(), include)
    }

    /// The same for each function by itself: `{function: {service: {operation: {…}}}}`.
    pub fn by_function(&self) -> Value {
        let counts = self.counts();
        let functions: BTreeSet<&str> = counts.keys().map(|(function, _, _)| function.as_str()).collect();
        let each = functions
            .into_iter()
            .map(|function| (function.to_owned(), sum(&counts, |name| name == function)))
            .collect::<Map<String, Value>>();
        Value::Object(each)
    }

    /// Back to zero.
    pub fn reset(&self) {
        self.counts().clear();
    }

    pub(super) fn record(&self, function: &str, service: Service, operation: &str, units: Units) {
        let mut counts = self.counts();
        let count = counts.entry((function.to_owned(), service, operation.to_owned())).or_default();
        count.calls += 1;
        count.units += units;
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(counts: &Counts, include: impl Fn(&str) -> bool) -> Value {
    let mut services: BTreeMap<Service, BTreeMap<&str, Count>> =
        Service::ALL.into_iter().map(|service| (service, BTreeMap::new())).collect();
    for ((function, service, operation), count) in counts {
        if include(function) {
            let total = services.entry(*service).or_default().entry(operation.as_str()).or_default();
            total.calls += count.calls;
            total.units += count.units;
        }
    }
    let services = services.into_iter().map(|(service, operations)| {
        let operations = operations.into_iter().map(|(operation, count)| (operation.to_owned(), count.to_json()));
        (service.name().to_owned(), Value::Object(operations.collect()))
    });
    Value::Object(services.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(units: f64) -> Units {
        Units { read: units, write: 0.0 }
    }

    #[test]
    fn sums_are_per_service_and_operation_without_needless_decimals() {
        let meter = Meter::default();
        meter.record("a", Service::DynamoDb, "GetItem", read(0.5));
        meter.record("a", Service::DynamoDb, "GetItem", read(1.5));
        meter.record("b", Service::DynamoDb, "GetItem", read(0.5));
        meter.record("b", Service::Kms, "Sign", Units::default());
        let of_a = json!({"calls": 2, "read_units": 2, "write_units": 0});
        let of_all = json!({"calls": 3, "read_units": 2.5, "write_units": 0});
        let sign = json!({"calls": 1, "read_units": 0, "write_units": 0});
        assert_eq!(
            meter.snapshot(|name| name == "a"),
            json!({"dynamodb": {"GetItem": of_a}, "kms": {}, "ses": {}, "events": {}})
        );
        assert_eq!(
            meter.snapshot(|_| true),
            json!({"dynamodb": {"GetItem": of_all}, "kms": {"Sign": sign}, "ses": {}, "events": {}})
        );
        assert_eq!(meter.by_function()["b"]["kms"]["Sign"], sign);
        meter.reset();
        assert_eq!(meter.by_function(), json!({}));
    }
}
