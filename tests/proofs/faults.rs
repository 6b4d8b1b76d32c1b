//! A bad day: answers lost after the work was done, calls delivered twice, held back, throttled, broken; the runner
//! killed. With clients that try again, everything ends as if nothing had been.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use local::aws::{Faults, Physics};
use local::{Runner, RunnerOptions};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::commands::Folder;
use super::dynamodb::{Dynamo, code};
use super::restart::life;
use crate::harness::{Portal, omni};
use crate::ledgers::table;

/// How many devices are registered.
const DEVICES: usize = 1000;
/// How many at a time.
const AT_ONCE: usize = 48;
/// How often one looks whether the log is complete.
const LOOKS: usize = 10;
/// How often a client tries.
const ATTEMPTS: usize = 12;

fn faults(faults: Faults) -> Physics {
    Physics { faults, ..Physics::calm() }
}

#[tokio::test]
async fn a_lost_answer_is_of_work_that_was_done() {
    let dynamo = Dynamo::start(faults(Faults { lost: 1000, ..Faults::default() })).await;
    let error = dynamo.put(&[("pk", "P"), ("sk", "1")]).send().await.expect_err("no answer");
    assert!(error.as_service_error().is_none(), "{error:?}");
    assert!(dynamo.has("P", "1"));
}

#[tokio::test]
async fn a_call_that_comes_twice_finds_its_own_work() {
    let dynamo = Dynamo::start(faults(Faults { duplicated: 1000, ..Faults::default() })).await;
    let put = dynamo.put(&[("pk", "P"), ("sk", "1")]).condition_expression("attribute_not_exists(pk)");
    let error = put.send().await.expect_err("the second answer");
    assert_eq!(code(&error), "ConditionalCheckFailedException");
    assert!(dynamo.has("P", "1"));
}

#[tokio::test]
async fn a_throttled_call_is_not_done() {
    let dynamo = Dynamo::start(faults(Faults { throttled: 1000, ..Faults::default() })).await;
    let error = dynamo.put(&[("pk", "P"), ("sk", "1")]).send().await.expect_err("a throttle");
    assert_eq!(code(&error), "ThrottlingException");
    assert!(!dynamo.has("P", "1"));
}

#[tokio::test]
async fn after_a_500_nobody_knows() {
    let dynamo = Dynamo::start(faults(Faults { broken: 1000, ..Faults::default() })).await;
    let mut done = 0;
    for n in 0..40 {
        let sk = n.to_string();
        let error = dynamo.put(&[("pk", "P"), ("sk", &sk)]).send().await.expect_err("a 500");
        assert_eq!(code(&error), "InternalServerError");
        done += usize::from(dynamo.has("P", &sk));
    }
    assert!((1..40).contains(&done), "{done} of 40 were done");
}

#[tokio::test]
async fn a_call_is_held_back() {
    let longest_delay = Duration::from_millis(100);
    let dynamo = Dynamo::start(faults(Faults { delayed: 1000, longest_delay, ..Faults::default() })).await;
    let started = Instant::now();
    dynamo.put(&[("pk", "P"), ("sk", "1")]).send().await.expect("it is done in the end");
    assert!(started.elapsed() >= longest_delay / 2);
}

/// Every batch of the stream comes twice: each change has one row in the log all the same, and each wish one mail.
#[tokio::test]
async fn a_stream_that_repeats_itself_tells_nothing_twice() {
    let portal = Portal::start_under(faults(Faults { redelivered: 1000, ..Faults::default() })).await;
    let vendor = portal.vendor("echo").await;
    let body = json!({ "device_id": "FT-0001", "user_omni": omni("11") });
    portal.register(&vendor.token, "one", body).await.expect(201);
    let rows = portal.audit(&vendor.session).await;
    let kinds = rows.iter().filter(|row| row["type"] == "device.registered");
    assert_eq!(kinds.count(), 1, "{rows:#?}");
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["audit_id"].as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "{rows:#?}");
    assert_eq!(portal.mails_to(&vendor.email).await.len(), 1);
}

/// A vendor's software that registers devices and tries again.
#[derive(Clone)]
struct Factory {
    client: Client,
    url: String,
    token: String,
}

impl Factory {
    /// Registers a device, with one key however often it tries: the answer's body.
    async fn register(&self, n: usize) -> Value {
        let body = json!({ "device_id": format!("FT-{n:04}"), "user_omni": omni("11"), "model": "bunny-2" });
        let mut seen = Vec::new();
        for _ in 0..ATTEMPTS {
            let request = self.client.post(&self.url).bearer_auth(&self.token);
            match request.header("idempotency-key", format!("boot-{n}")).json(&body).send().await {
                Ok(answer) if answer.status().is_success() => return answer.json().await.expect("JSON"),
                Ok(answer) => {
                    let status = answer.status();
                    assert!(status.is_server_error(), "{status}: {}", answer.text().await.unwrap_or_default());
                    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "what is safe to try again says so");
                    seen.push(status.to_string());
                }
                Err(error) => seen.push(error.to_string()),
            }
        }
        panic!("device {n} was not registered in {ATTEMPTS} attempts: {seen:?}")
    }

    /// Registers devices until `enough` have answered: their bodies by number.
    async fn register_all(&self, enough: usize) -> BTreeMap<usize, Value> {
        let (mut asked, mut next, mut answers) = (JoinSet::new(), 0, BTreeMap::new());
        while answers.len() < enough {
            while next < DEVICES && asked.len() < AT_ONCE {
                let (factory, n) = (self.clone(), next);
                asked.spawn(async move { (n, factory.register(n).await) });
                next += 1;
            }
            let (n, answer) = asked.join_next().await.expect("one is under way").expect("it ends");
            answers.insert(n, answer);
        }
        answers
    }
}

async fn factory(portal: &Portal) -> Factory {
    let vendor = portal.vendor("factory").await;
    let url = portal.url("/v1/vendor/devices/register");
    Factory { client: portal.client().clone(), url, token: vendor.token }
}

/// As many bindings as devices, each with an actor of its own, which is the one that its caller was told.
fn all_are_registered_once(portal: &Portal, answers: &BTreeMap<usize, Value>) {
    let items = portal.runner().aws().items().expect("the table");
    let actor = |item: &Value| table::string(item, "pk").trim_start_matches("ACTOR#").to_owned();
    let bindings = table::of_kind(&items, "binding");
    let actors: BTreeSet<String> = bindings.iter().map(|item| actor(item)).collect();
    assert_eq!((bindings.len(), actors.len()), (DEVICES, DEVICES));
    let told: BTreeSet<String> =
        answers.values().map(|answer| answer["actor_omni"].as_str().expect("an actor").to_owned()).collect();
    assert_eq!(told, actors);
}

/// A row of the log for each device, and no second one. The stream's jobs have fallen behind by now; each look waits for
/// them for a while.
async fn all_are_in_the_log_once(portal: &Portal) {
    let mut rows = 0;
    for _ in 0..LOOKS {
        rows = audit_rows(&table::items(portal).await);
        if rows >= DEVICES {
            break;
        }
    }
    assert_eq!(rows, DEVICES, "one row of the log for each");
}

fn audit_rows(items: &[Value]) -> usize {
    let rows = table::of_kind(items, "audit").into_iter();
    rows.filter(|item| item["row"]["M"]["type"]["S"] == "device.registered").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_registrations_on_a_bad_day() {
    let portal = Portal::start_under(Physics::faulty(20_261_124)).await;
    let factory = factory(&portal).await;
    let answers = factory.register_all(DEVICES).await;
    all_are_registered_once(&portal, &answers);
    all_are_in_the_log_once(&portal).await;
}

/// A portal on a bad day that keeps its state, on the first of these ports that is free.
async fn start(folder: &Path, ports: impl IntoIterator<Item = u16>) -> (Portal, u16) {
    let mut refused = String::new();
    for port in ports {
        let options = RunnerOptions {
            port,
            state_dir: Some(folder.to_owned()),
            physics: Physics::faulty(7),
            ..RunnerOptions::default()
        };
        match Runner::start(options).await {
            Ok(runner) => return (Portal::with(runner), port),
            Err(error) => refused = error,
        }
    }
    panic!("no port is free: {refused}")
}

/// The runner is killed while requests are under way, its clients with it, and started again: the clients ask for all
/// once more, with the keys they had.
#[test]
fn a_thousand_registrations_over_a_death() {
    let folder = Folder::new();
    // Below the range from which the system gives ports to others, as the second life needs the same.
    let first = 20_000 + u16::try_from(std::process::id() % 10_000).expect("four digits");
    let (port, factory, before) = life(async {
        let (portal, port) = start(folder.path(), first + 100..first + 150).await;
        let factory = factory(&portal).await;
        let answers = factory.register_all(DEVICES / 3).await;
        (port, factory, answers)
    });
    life(async {
        let (portal, _) = start(folder.path(), [port]).await;
        let factory = Factory { client: portal.client().clone(), ..factory };
        let answers = factory.register_all(DEVICES).await;
        for (n, answer) in &before {
            assert_eq!(answers[n], *answer, "device {n} was told something else before");
        }
        all_are_registered_once(&portal, &answers);
    });
}
