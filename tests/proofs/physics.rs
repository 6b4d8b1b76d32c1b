//! What AWS does and an engine by itself doesn't, seen through the SDK; and that the registry bears it.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, KeysAndAttributes, Put, PutRequest, TransactWriteItem, WriteRequest};
use local::aws::{Aws, Limits, Physics};
use serde_json::json;
use tokio::task::JoinSet;

use super::dynamodb::{Dynamo, code, item, s};
use crate::harness::{Portal, omni};

/// Long enough for others to come while a transaction is under way, however busy the machine.
const LONG: Duration = Duration::from_millis(700);
/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(600);

fn slow_transactions() -> Physics {
    Physics { transaction: LONG, ..Physics::calm() }
}

fn put(sk: &str) -> TransactWriteItem {
    let put = Put::builder().table_name(Aws::table_name()).set_item(Some(item(&[("pk", "P"), ("sk", sk)])));
    TransactWriteItem::builder().put(put.build().expect("a put")).build()
}

fn check(sk: &str) -> TransactWriteItem {
    let check = ConditionCheck::builder().table_name(Aws::table_name()).key("pk", s("P")).key("sk", s(sk));
    let check = check.condition_expression("attribute_not_exists(pk)").build().expect("a check");
    TransactWriteItem::builder().condition_check(check).build()
}

/// The reasons for which a transaction was cancelled; `None` for one that was not.
async fn transact(dynamo: &Dynamo, items: Vec<TransactWriteItem>) -> Option<Vec<String>> {
    let error = dynamo.client.transact_write_items().set_transact_items(Some(items)).send().await.err()?;
    match error.into_service_error() {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let reasons = cancelled.cancellation_reasons.unwrap_or_default();
            Some(reasons.into_iter().filter_map(|reason| reason.code).collect())
        }
        other => panic!("{other:?}"),
    }
}

/// Two that only look at an item in common: one of them is cancelled, with the reason at that item's place.
#[tokio::test]
async fn overlapping_transactions_conflict_even_in_a_condition_check() {
    let dynamo = Dynamo::start(slow_transactions()).await;
    let (one, other) = (vec![put("1"), check("shared")], vec![put("2"), check("shared")]);
    let ends = tokio::join!(transact(&dynamo, one), transact(&dynamo, other));
    let cancelled: Vec<_> = [&ends.0, &ends.1].into_iter().flatten().collect();
    assert_eq!(cancelled, [&["None", "TransactionConflict"]], "{ends:?}");
    assert_ne!(dynamo.has("P", "1"), dynamo.has("P", "2"), "one of them is done");
    // Nothing is held any more.
    assert_eq!(transact(&dynamo, vec![put("3"), check("shared")]).await, None);
}

#[tokio::test]
async fn transactions_without_an_item_in_common_do_not_conflict() {
    let dynamo = Dynamo::start(slow_transactions()).await;
    let ends = tokio::join!(transact(&dynamo, vec![put("1"), put("2")]), transact(&dynamo, vec![put("3"), put("4")]));
    assert_eq!(ends, (None, None));
}

/// While a transaction is under way its item can be read, and not written.
#[tokio::test]
async fn a_single_write_meets_a_transaction() {
    let dynamo = Dynamo::start(slow_transactions()).await;
    let mut met = BTreeSet::new();
    let writes = async {
        while met.is_empty() {
            if let Err(error) = dynamo.put(&[("pk", "P"), ("sk", "1")]).send().await {
                met.insert(code(&error).to_owned());
                let read = dynamo.client.get_item().table_name(Aws::table_name()).key("pk", s("P")).key("sk", s("1"));
                read.send().await.expect("reading is never in the way");
            }
        }
    };
    let (ended, ()) = tokio::join!(transact(&dynamo, vec![put("1"), put("2")]), writes);
    assert_eq!(ended, None);
    assert_eq!(met, BTreeSet::from(["TransactionConflictException".to_owned()]));
}

/// The SDK asks again with the same token while the first attempt is under way: it is told so, not cancelled.
#[tokio::test]
async fn a_transaction_does_not_conflict_with_itself() {
    let dynamo = Dynamo::start(slow_transactions()).await;
    let ask = || {
        let items = vec![put("1"), put("2")];
        dynamo.client.transact_write_items().set_transact_items(Some(items)).client_request_token("the-token").send()
    };
    let (one, other) = tokio::join!(ask(), ask());
    let errors: Vec<_> = [one.err(), other.err()].into_iter().flatten().collect();
    let codes: Vec<&str> = errors.iter().map(code).collect();
    assert_eq!(codes, ["TransactionInProgressException"]);
}

fn tight() -> Physics {
    Physics { limits: Some(Limits { write_units: 5, read_units: 5 }), ..Physics::calm() }
}

/// How many of 40 are throttled, all else going well.
async fn throttled<E, F>(ask: impl Fn(usize) -> F) -> usize
where
    F: Future<Output = Result<(), aws_sdk_dynamodb::error::SdkError<E>>>,
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::fmt::Debug,
{
    let mut count = 0;
    for n in 0..40 {
        if let Err(error) = ask(n).await {
            assert_eq!(code(&error), "ThrottlingException", "{error:?}");
            count += 1;
        }
    }
    count
}

#[tokio::test]
async fn a_partition_takes_so_much_and_another_is_free() {
    let dynamo = Dynamo::start(tight()).await;
    let hot = async |n: usize| dynamo.put(&[("pk", "hot"), ("sk", &n.to_string())]).send().await.map(drop);
    let count = throttled(hot).await;
    assert!((1..=35).contains(&count), "{count} of 40");
    let spread = async |n: usize| dynamo.put(&[("pk", &format!("p{n}")), ("sk", "-")]).send().await.map(drop);
    assert_eq!(throttled(spread).await, 0);
}

/// Many partitions of the table, one of an index: the index presses back, and nothing is written.
#[tokio::test]
async fn a_hot_index_key_throttles_the_write_to_the_table() {
    let dynamo = Dynamo::start(tight()).await;
    let ask = async |n: usize| {
        let pk = format!("p{n}");
        let put = dynamo.put(&[("pk", &pk), ("sk", "-"), ("v_pk", "hot"), ("v_sk", &pk)]).send().await.map(drop);
        assert_eq!(put.is_ok(), dynamo.has(&pk, "-"));
        put
    };
    let count = throttled(ask).await;
    assert!((1..=35).contains(&count), "{count} of 40");
}

#[tokio::test]
async fn reads_are_limited_too() {
    let dynamo = Dynamo::start(tight()).await;
    let read = async |_| {
        let read = dynamo.client.get_item().table_name(Aws::table_name()).key("pk", s("P")).key("sk", s("-"));
        read.consistent_read(true).send().await.map(drop)
    };
    let count = throttled(read).await;
    assert!((1..=35).contains(&count), "{count} of 40");
}

fn write(texts: &[(&str, &str)]) -> WriteRequest {
    let put = PutRequest::builder().set_item(Some(item(texts))).build().expect("a put");
    WriteRequest::builder().put_request(put).build()
}

async fn batch_write(dynamo: &Dynamo, writes: Vec<WriteRequest>) -> usize {
    let answer = dynamo.client.batch_write_item().request_items(Aws::table_name(), writes).send().await;
    let left = answer.expect("an answer").unprocessed_items.unwrap_or_default();
    left.values().map(Vec::len).sum()
}

async fn batch_get(dynamo: &Dynamo, sorts: &[&str]) -> (usize, usize) {
    let keys = sorts.iter().map(|sk| item(&[("pk", "P"), ("sk", sk)]));
    let keys = KeysAndAttributes::builder().set_keys(Some(keys.collect())).build().expect("keys");
    let answer = dynamo.client.batch_get_item().request_items(Aws::table_name(), keys).send().await;
    let answer = answer.expect("an answer");
    let found = answer.responses.unwrap_or_default().values().map(Vec::len).sum();
    let left = answer.unprocessed_keys.unwrap_or_default();
    (found, left.values().map(|keys| keys.keys.len()).sum())
}

#[tokio::test]
async fn batches_are_left_half_done() {
    let dynamo = Dynamo::start(Physics { unprocessed: 1000, ..Physics::calm() }).await;
    let writes = ["1", "2", "3", "4"].map(|sk| write(&[("pk", "P"), ("sk", sk)]));
    assert_eq!(batch_write(&dynamo, writes.to_vec()).await, 2);
    assert_eq!(batch_write(&dynamo, writes[2..].to_vec()).await, 1);
    assert_eq!(batch_write(&dynamo, writes[3..].to_vec()).await, 0);
    assert_eq!(batch_get(&dynamo, &["1", "2", "3", "4"]).await, (2, 2));
    assert_eq!(batch_get(&dynamo, &["4"]).await, (1, 0));
}

/// Of a batch, what a hot partition can't take comes back; the rest is done.
#[tokio::test]
async fn a_batch_leaves_what_a_partition_can_not_take() {
    let dynamo = Dynamo::start(tight()).await;
    throttled(async |n| dynamo.put(&[("pk", "hot"), ("sk", &n.to_string())]).send().await.map(drop)).await;
    // Over its limit by far, so that the hot partition is at it whatever the time.
    let large = "x".repeat(100_000);
    while dynamo.put(&[("pk", "hot"), ("sk", "large"), ("x", &large)]).send().await.is_err() {}
    let writes = vec![write(&[("pk", "hot"), ("sk", "a")]), write(&[("pk", "cool"), ("sk", "a")])];
    assert_eq!(batch_write(&dynamo, writes).await, 1);
    assert!(dynamo.has("cool", "a") && !dynamo.has("hot", "a"));
}

async fn get(dynamo: &Dynamo, consistent: bool) -> Option<String> {
    let read = dynamo.client.get_item().table_name(Aws::table_name()).key("pk", s("P")).key("sk", s("1"));
    let answer = read.consistent_read(consistent).send().await.expect("an answer");
    answer.item.map(|item| item["word"].as_s().expect("a text").clone())
}

/// What a query by the index finds: the words, in order.
async fn listed(dynamo: &Dynamo, limit: Option<i32>) -> Vec<String> {
    let query = dynamo.client.query().table_name(Aws::table_name()).index_name("by-vendor").set_limit(limit);
    let query = query.key_condition_expression("v_pk = :v").expression_attribute_values(":v", s("V"));
    let items = query.send().await.expect("an answer").items.unwrap_or_default();
    items.iter().map(|item| item["word"].as_s().expect("a text").clone()).collect()
}

async fn put_word(dynamo: &Dynamo, sk: &str, word: &str) {
    let put = dynamo.put(&[("pk", "P"), ("sk", sk), ("v_pk", "V"), ("v_sk", sk), ("word", word)]);
    put.send().await.expect("it is put");
}

/// Every read that may lag does, by more than the test takes.
fn behind() -> Physics {
    Physics { lag: FOR_EVER, stale: 1000, ..Physics::calm() }
}

#[tokio::test]
async fn what_is_new_is_not_seen_yet() {
    let dynamo = Dynamo::start(behind()).await;
    put_word(&dynamo, "1", "new").await;
    assert_eq!(get(&dynamo, true).await.as_deref(), Some("new"));
    assert_eq!(get(&dynamo, false).await, None);
    assert_eq!(batch_get(&dynamo, &["1"]).await, (0, 0));
    assert!(listed(&dynamo, None).await.is_empty());
}

/// After a change the item is seen as it was before, after a deletion it is still there; in its place, in each page.
#[tokio::test]
async fn what_has_changed_is_seen_as_it_was() {
    let dynamo = Dynamo::start(behind()).await;
    let before = ["1", "2", "3"].map(|sk| {
        let word = format!("old {sk}");
        let text = |value: &str| json!({ "S": value });
        json!({ "pk": text("P"), "sk": text(sk), "v_pk": text("V"), "v_sk": text(sk), "word": text(&word) })
    });
    dynamo.aws.import(&before).expect("they are there since long ago");
    put_word(&dynamo, "1", "new 1").await;
    let key = dynamo.client.delete_item().table_name(Aws::table_name()).key("pk", s("P")).key("sk", s("2"));
    key.send().await.expect("it is deleted");
    put_word(&dynamo, "0", "new 0").await;
    assert_eq!(listed(&dynamo, None).await, ["old 1", "old 2", "old 3"]);
    assert_eq!(listed(&dynamo, Some(2)).await, ["old 1", "old 2"]);
    assert_eq!(get(&dynamo, false).await.as_deref(), Some("old 1"));
    assert_eq!(get(&dynamo, true).await.as_deref(), Some("new 1"));
}

/// The lag ends: then all reads agree.
#[tokio::test]
async fn what_is_written_is_seen_in_the_end() {
    let dynamo = Dynamo::start(Physics { lag: Duration::from_millis(40), ..behind() }).await;
    put_word(&dynamo, "1", "new").await;
    dynamo.aws.caught_up().await;
    assert_eq!(get(&dynamo, false).await.as_deref(), Some("new"));
    assert_eq!(listed(&dynamo, None).await, ["new"]);
}

/// Nothing that registrations share is in a transaction, and no partition is hot.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_registrations_at_once_meet_no_conflict() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("fleet").await;
    portal.reset_meter().await;
    let mut asked = JoinSet::new();
    for n in 0..200 {
        let body = json!({ "device_id": format!("FT-{n:04}"), "user_omni": omni("11") });
        let request = portal.client().post(portal.url("/v1/vendor/devices/register"));
        let request = request.bearer_auth(&vendor.token).header("idempotency-key", format!("key-{n}")).json(&body);
        asked.spawn(async move { request.send().await.expect("an answer").status().as_u16() });
    }
    let statuses: BTreeSet<u16> = asked.join_all().await.into_iter().collect();
    assert_eq!(statuses, BTreeSet::from([201]));
    let meter = portal.meter().await;
    assert_eq!(meter["dynamodb"].get("TransactWriteItems"), None, "{meter:#}");
}
