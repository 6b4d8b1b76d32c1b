//! A double of EventBridge: one bus, which takes events by `PutEvents` and keeps the last of them for people and tests to
//! read. There are no rules, and nothing leaves the machine.
//!
//! It answers what "Amazon EventBridge API Reference" says of PutEvents: a call takes up to ten entries, and an entry that
//! is not taken fails by itself. It is stricter than EventBridge in one thing: an entry for another bus fails too.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Now, Refusal};

/// The bus's name.
pub(super) const BUS: &str = "portal";
/// How many entries a call takes.
const ENTRIES: usize = 10;
/// How large they may be together, in bytes.
const CALL_BYTES: usize = 256 * 1024;
/// How many events are kept: a benchmark makes more than anybody will read.
const KEPT: usize = 10_000;

/// An event that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// EventBridge's own id, another one each time that the same event is put: here a running number.
    pub id: String,
    /// Who put it.
    pub source: String,
    /// What it is about.
    #[serde(rename = "detail-type")]
    pub detail_type: String,
    /// When it was taken, RFC 3339 in UTC.
    pub time: String,
    /// The event itself.
    pub detail: Value,
}

/// The bus.
pub struct EventBus {
    now: Now,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    taken: u64,
    events: VecDeque<Event>,
    to_refuse: usize,
}

impl EventBus {
    pub(super) fn new(now: Now) -> Self {
        Self { now, state: Mutex::default() }
    }

    /// The events that were taken, the newest last; of very many the last 10 000.
    pub fn list(&self) -> Vec<Event> {
        self.state().events.iter().cloned().collect()
    }

    /// Lets the next `count` entries fail, each by itself, as when a bus is throttled.
    pub fn refuse(&self, count: usize) {
        self.state().to_refuse = count;
    }

    /// One call, by its name on the wire; `None` for a name that is not served.
    pub(super) fn call(&self, operation: &str, request: &Value) -> Option<Result<Value, Refusal>> {
        (operation == "PutEvents").then(|| self.put(request))
    }

    fn put(&self, request: &Value) -> Result<Value, Refusal> {
        let entries = request["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !(1..=ENTRIES).contains(&entries.len()) {
            let message = "Value at 'entries' failed to satisfy constraint: Member must have length between 1 and 10";
            return Err(Refusal::new("ValidationException", message));
        }
        if entries.iter().map(|entry| entry.to_string().len()).sum::<usize>() > CALL_BYTES {
            return Err(Refusal::new(
                "ValidationException",
                "Total size of the entries in the request is over the limit.",
            ));
        }
        let mut state = self.state();
        let answers: Vec<Value> = entries
            .iter()
            .map(|entry| match self.take(&mut state, entry) {
                Ok(id) => json!({"EventId": id}),
                Err((code, message)) => json!({"ErrorCode": code, "ErrorMessage": message}),
            })
            .collect();
        let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
        Ok(json!({"FailedEntryCount": failed, "Entries": answers}))
    }

    /// Takes an entry and answers its id, or a code and a sentence.
    fn take(&self, state: &mut State, entry: &Value) -> Result<String, (&'static str, String)> {
        let text = |name: &str| {
            let given = entry[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
            let message = || format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
            given.ok_or_else(|| ("InvalidArgument", message()))
        };
        let (bus, source, detail_type) = (text("EventBusName")?, text("Source")?, text("DetailType")?);
        let detail: Option<Value> = serde_json::from_str(&text("Detail")?).ok().filter(Value::is_object);
        let detail = detail.ok_or_else(|| ("MalformedDetail", "Detail is malformed.".to_owned()))?;
        if bus != BUS {
            return Err(("InvalidArgument", format!("There is no bus {bus} here.")));
        }
        if state.to_refuse > 0 {
            state.to_refuse -= 1;
            return Err(("ThrottlingException", "Rate exceeded".to_owned()));
        }
        let time = jiff::Timestamp::from_second((self.now)());
        let time = time.map_err(|error| ("InternalFailure", error.to_string()))?.to_string();
        state.taken += 1;
        let id = format!("00000000-0000-4000-8000-{:012x}", state.taken);
        if state.events.len() == KEPT {
            state.events.pop_front();
        }
        state.events.push_back(Event { id: id.clone(), source, detail_type, time, detail });
        Ok(id)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn bus() -> EventBus {
        EventBus::new(Arc::new(|| 1_800_000_000))
    }

    fn entry(detail: &str) -> Value {
        json!({"EventBusName": BUS, "Source": "test", "DetailType": "a.kind", "Detail": detail})
    }

    fn put(bus: &EventBus, entries: &[Value]) -> Result<Value, Refusal> {
        bus.call("PutEvents", &json!({ "Entries": entries })).unwrap()
    }

    #[test]
    fn an_entry_that_is_not_taken_fails_by_itself() {
        let bus = bus();
        let mut elsewhere = entry("{}");
        elsewhere["EventBusName"] = "default".into();
        let nothing = json!({"EventBusName": BUS, "Source": "test", "Detail": "{}"});
        let answer = put(&bus, &[entry("{\"a\": 1}"), entry("no JSON"), elsewhere, nothing]).unwrap();
        assert_eq!(answer["FailedEntryCount"], 3);
        let codes: Vec<_> = answer["Entries"].as_array().unwrap().iter().map(|one| one["ErrorCode"].as_str()).collect();
        assert_eq!(codes, [None, Some("MalformedDetail"), Some("InvalidArgument"), Some("InvalidArgument")]);
        let taken = Event {
            id: answer["Entries"][0]["EventId"].as_str().unwrap().to_owned(),
            source: "test".to_owned(),
            detail_type: "a.kind".to_owned(),
            time: "2027-01-15T08:00:00Z".to_owned(),
            detail: json!({"a": 1}),
        };
        assert_eq!(bus.list(), [taken]);
    }

    #[test]
    fn a_call_takes_one_to_ten_entries() {
        let bus = bus();
        for wrong in [0, 11] {
            assert_eq!(put(&bus, &vec![entry("{}"); wrong]).unwrap_err().body["__type"], "ValidationException");
        }
        assert_eq!(put(&bus, &vec![entry("{}"); 10]).unwrap()["FailedEntryCount"], 0);
        assert_eq!(bus.list().len(), 10);
        assert!(bus.call("PutRule", &json!({})).is_none());
    }

    #[test]
    fn a_throttled_bus_refuses_as_many_as_it_was_told_to() {
        let bus = bus();
        bus.refuse(2);
        assert_eq!(put(&bus, &vec![entry("{}"); 3]).unwrap()["FailedEntryCount"], 2);
        assert_eq!(put(&bus, &vec![entry("{}"); 3]).unwrap()["FailedEntryCount"], 0);
        assert_eq!(bus.list().len(), 4);
    }
}
