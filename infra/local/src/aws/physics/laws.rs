//! The laws at work on the calls that come.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::conflicts::{Held, InFlight, cancelled, conflict};
use super::lag::{self, History, Past};
use super::limits::{Buckets, Place, Way, throttled, written};
use super::touched::{Effect, Key, Touched, asked_partition, key_of, touched, touched_by_batch};
use super::{Dice, Fate, Physics};
use crate::aws::billing;
use crate::aws::engine::{Engine, INDEXES, TABLE};
use crate::aws::wire::Refusal;

/// An outcome on the wire.
type Outcome = Result<Value, Refusal>;

/// A [`Physics`] at work.
pub(in crate::aws) struct Laws {
    physics: Physics,
    dice: Dice,
    in_flight: InFlight,
    books: Mutex<Books>,
}

/// What is written down of the past: held while a write is done, so that images before and after are its own.
struct Books {
    history: History,
    buckets: Buckets,
}

/// A write that is about to be done: the item that it is about, and how it is now.
struct Planned<'a> {
    touched: Touched<'a>,
    before: Option<Value>,
}

impl Laws {
    pub(in crate::aws) fn new(physics: Physics) -> Self {
        let books = Books { history: History::new(physics.lag), buckets: Buckets::new(physics.limits) };
        let (dice, in_flight) = (Dice::new(physics.seed), InFlight::default());
        Self { physics, dice, in_flight, books: Mutex::new(books) }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fate of the call that comes now.
    pub(in crate::aws) fn fate(&self) -> Fate {
        Fate::draw(&self.dice, &self.physics.faults)
    }

    /// Whether the batch of the stream that was just delivered comes again.
    pub(in crate::aws) fn redelivers(&self) -> bool {
        self.dice.hits(self.physics.faults.redelivered)
    }

    /// From when on every read sees all that was written so far; `None` if that is now.
    pub(in crate::aws) fn lag_ends(&self) -> Option<Instant> {
        self.books().history.over_at()
    }

    /// Lets a transaction begin and waits until it may commit; a call of another kind begins at once.
    pub(in crate::aws) async fn begin(&self, operation: &str, request: &Value) -> Result<Option<Held>, Refusal> {
        let held = self.in_flight.begin(operation, request)?;
        if held.is_some() && !self.physics.transaction.is_zero() {
            tokio::time::sleep(self.physics.transaction).await;
        }
        Ok(held)
    }

    /// One call of DynamoDB; `None` for an operation that is not served.
    pub(in crate::aws) fn call(&self, engine: &Engine, operation: &str, request: &Value) -> Option<Outcome> {
        match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" => self.write(engine, operation, request),
            "BatchWriteItem" => self.batch_write(engine, request),
            "GetItem" => self.get_item(engine, request),
            "BatchGetItem" => self.batch_get(engine, request),
            "Query" => self.query(engine, request),
            _ => engine.call(operation, request),
        }
    }

    /// A single write, or a transaction, whose items [`Laws::begin`] has taken.
    fn write(&self, engine: &Engine, operation: &str, request: &Value) -> Option<Outcome> {
        let transaction = operation == "TransactWriteItems";
        let all = touched(operation, request);
        if !transaction && all.iter().any(|item| self.in_flight.holds(&item.key)) {
            return Some(Err(conflict()));
        }
        let mut books = self.books();
        let planned: Vec<Planned<'_>> = all.into_iter().map(|item| Planned::of(engine, item)).collect();
        let now = Instant::now();
        let full: Vec<Option<Place>> = planned.iter().map(|write| write.full_place(&books.buckets, now)).collect();
        if let Some(place) = full.iter().flatten().next() {
            let at: Vec<bool> = full.iter().map(Option::is_some).collect();
            let message = "Throughput exceeds the current capacity of a partition of your table or index.";
            return Some(Err(match transaction {
                true => cancelled(&at, "ThrottlingError", message),
                false => throttled(Way::Write, place),
            }));
        }
        let outcome = engine.call(operation, request)?;
        let times = if transaction { 2.0 } else { 1.0 };
        for write in planned {
            write.enter(engine, &mut books, outcome.is_ok(), times);
        }
        Some(outcome)
    }

    /// What a partition can't take, what a transaction holds, and now and then the second half, is left unprocessed.
    fn batch_write(&self, engine: &Engine, request: &Value) -> Option<Outcome> {
        let Some(writes) = request.pointer(&format!("/RequestItems/{TABLE}")).and_then(Value::as_array) else {
            return engine.call("BatchWriteItem", request);
        };
        let half = self.half(writes.len());
        let mut books = self.books();
        let now = Instant::now();
        let (mut done, mut planned, mut left, mut full) = (Vec::new(), Vec::new(), Vec::new(), None);
        for (at, write) in writes.iter().enumerate() {
            let plan = touched_by_batch(write).map(|item| Planned::of(engine, item));
            let place = plan.as_ref().and_then(|plan| plan.full_place(&books.buckets, now));
            let held = plan.as_ref().is_some_and(|plan| self.in_flight.holds(&plan.touched.key));
            if at >= half || held || place.is_some() {
                left.push(write.clone());
                full = full.or(place);
            } else {
                done.push(write.clone());
                planned.extend(plan);
            }
        }
        if done.is_empty() && !writes.is_empty() {
            return Some(Err(throttled(Way::Write, &full.unwrap_or_else(|| Place::table("")))));
        }
        let mut part = request.clone();
        part["RequestItems"][TABLE] = done.into();
        let mut outcome = engine.call("BatchWriteItem", &part)?;
        for write in planned {
            write.enter(engine, &mut books, outcome.is_ok(), 1.0);
        }
        if let (Ok(answer), false) = (&mut outcome, left.is_empty()) {
            answer["UnprocessedItems"] = json!({TABLE: left});
        }
        Some(outcome)
    }

    fn get_item(&self, engine: &Engine, request: &Value) -> Option<Outcome> {
        let place = request.get("Key").and_then(key_of).map(|(partition, _)| Place::table(&partition));
        if let Some(refusal) = self.admit(place.as_ref()) {
            return Some(Err(refusal));
        }
        let mut outcome = engine.call("GetItem", request)?;
        if let (Ok(answer), Some(past)) = (&mut outcome, self.past(request)) {
            lag::get_item(request, answer, &past);
        }
        self.charge(place, &outcome);
        Some(outcome)
    }

    /// What a partition can't take, and now and then the second half, is left unprocessed.
    fn batch_get(&self, engine: &Engine, request: &Value) -> Option<Outcome> {
        let Some(keys) = request.pointer(&format!("/RequestItems/{TABLE}/Keys")).and_then(Value::as_array) else {
            return engine.call("BatchGetItem", request);
        };
        let half = self.half(keys.len());
        let (mut done, mut places, mut left, mut full) = (Vec::new(), Vec::new(), Vec::new(), None);
        for (at, key) in keys.iter().enumerate() {
            let place = key_of(key).map(|(partition, _)| Place::table(&partition));
            let refusal = self.admit(place.as_ref());
            if at >= half || refusal.is_some() {
                left.push(key.clone());
                full = full.or(refusal);
            } else {
                done.push(key.clone());
                places.extend(place);
            }
        }
        if let (true, Some(refusal)) = (done.is_empty(), full) {
            return Some(Err(refusal));
        }
        let mut part = request.clone();
        part["RequestItems"][TABLE]["Keys"] = done.into();
        let mut outcome = engine.call("BatchGetItem", &part)?;
        if let Ok(answer) = &mut outcome {
            if let Some(past) = self.past(&request["RequestItems"][TABLE]) {
                lag::batch_get_item(&part, answer, &past);
            }
            if !left.is_empty() {
                let mut again = request["RequestItems"][TABLE].clone();
                again["Keys"] = left.into();
                answer["UnprocessedKeys"] = json!({TABLE: again});
            }
        }
        let each = consumed(&outcome) / places.len().max(1) as f64;
        let (mut books, now) = (self.books(), Instant::now());
        for place in places {
            books.buckets.take(Way::Read, place, each, now);
        }
        Some(outcome)
    }

    fn query(&self, engine: &Engine, request: &Value) -> Option<Outcome> {
        let name = request.get("IndexName").and_then(Value::as_str);
        let index = INDEXES.into_iter().find(|index| name == Some(index.name));
        let attribute = index.map_or("pk", |index| index.partition);
        let partition = asked_partition(request, attribute);
        let place = partition.map(|text| match index {
            Some(index) => Place::index(index.name, text),
            None => Place::table(text),
        });
        if let Some(refusal) = self.admit(place.as_ref()) {
            return Some(Err(refusal));
        }
        let past = self.past(request).zip(partition);
        let then = past.and_then(|(past, partition)| lag::query(engine, request, attribute, partition, &past));
        let outcome = match then {
            Some(answer) => Ok(answer),
            None => engine.call("Query", request)?,
        };
        self.charge(place, &outcome);
        Some(outcome)
    }

    /// How many of a batch are done: all, or now and then the first half.
    fn half(&self, all: usize) -> usize {
        if all > 1 && self.dice.hits(self.physics.unprocessed) { all.div_ceil(2) } else { all }
    }

    /// The refusal of a read that its partition can't take.
    fn admit(&self, place: Option<&Place>) -> Option<Refusal> {
        let place = place.filter(|place| self.books().buckets.empty(Way::Read, place, Instant::now()));
        place.map(|place| throttled(Way::Read, place))
    }

    fn charge(&self, place: Option<Place>, outcome: &Outcome) {
        if let Some(place) = place {
            self.books().buckets.take(Way::Read, place, consumed(outcome), Instant::now());
        }
    }

    /// What this read does not see yet, if it lags.
    fn past(&self, request: &Value) -> Option<Past> {
        let strong = request.get("ConsistentRead").and_then(Value::as_bool).unwrap_or(false);
        if strong || !self.dice.hits(self.physics.stale) {
            return None;
        }
        let moment = Instant::now().checked_sub(self.dice.up_to(self.physics.lag))?;
        Some(self.books().history.since(moment)).filter(|past| !past.is_empty())
    }
}

impl<'a> Planned<'a> {
    fn of(engine: &Engine, touched: Touched<'a>) -> Self {
        let before = engine.item(&touched.key);
        Self { touched, before }
    }

    /// How the item is afterwards, as far as one can tell beforehand.
    fn after(&self) -> Option<&Value> {
        match self.touched.effect {
            Effect::Put(item) => Some(item),
            Effect::Update | Effect::Check => self.before.as_ref(),
            Effect::Delete => None,
        }
    }

    /// A partition that can't take this write.
    fn full_place(&self, buckets: &Buckets, now: Instant) -> Option<Place> {
        let places = written(&self.touched.key.0, self.before.as_ref(), self.after());
        places.into_iter().map(|(place, _)| place).find(|place| buckets.empty(Way::Write, place, now))
    }

    /// Writes down what was done. A refused write costs the table alone.
    fn enter(self, engine: &Engine, books: &mut Books, done: bool, times: f64) {
        let now = Instant::now();
        let partition = self.touched.key.0.clone();
        if !done {
            let units = billing::units_of(self.before.as_ref(), self.after());
            return books.buckets.take(Way::Write, Place::table(&partition), units * times, now);
        }
        let after: Option<Value> = match self.touched.effect {
            Effect::Put(item) => Some(item.clone()),
            Effect::Update => engine.item(&self.touched.key),
            Effect::Check => self.before.clone(),
            Effect::Delete => None,
        };
        for (place, units) in written(&partition, self.before.as_ref(), after.as_ref()) {
            books.buckets.take(Way::Write, place, units * times, now);
        }
        let key: Key = self.touched.key;
        books.history.note(now, key, self.before, after);
    }
}

/// The read units that an answer reports.
fn consumed(outcome: &Outcome) -> f64 {
    let report = outcome.as_ref().ok().and_then(|answer| answer.get("ConsumedCapacity"));
    let reports = match report {
        Some(Value::Array(reports)) => reports.as_slice(),
        Some(report) => std::slice::from_ref(report),
        None => &[],
    };
    reports.iter().filter_map(|report| report.get("CapacityUnits")?.as_f64()).sum()
}
