//! `POST /v1/vendor/devices/register-batch`

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, jwt, omni};
use crate::ledgers::table;

fn device(device_id: &str) -> Value {
    json!({ "device_id": device_id, "user_omni": omni("11") })
}

fn batch(devices: &[Value]) -> Value {
    json!({ "devices": devices })
}

/// The statuses of the results, in order.
fn statuses(answer: &Answer) -> Vec<u64> {
    answer.body["results"].as_array().unwrap().iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

/// The results without their statuses.
fn bodies(answer: &Answer) -> Vec<Value> {
    let mut results = answer.body["results"].as_array().unwrap().clone();
    results.iter_mut().for_each(|result| drop(result.as_object_mut().unwrap().remove("status")));
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn each_device_has_its_result_in_its_place() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let known = portal.register(&folotoy.token, "known", device("FT-2")).await.expect(201);
    let bad = json!({ "device_id": "a b", "user_omni": "11" });
    let devices = [device("FT-1"), device("FT-2"), bad, device("FT-1"), device("FT-3")];
    let answer = portal.register_batch(&folotoy.token, "batch", batch(&devices)).await.expect(200);
    assert_eq!(statuses(&answer), [201, 200, 422, 200, 201]);
    assert_eq!(answer.header("idempotency-replayed"), "");
    let results = bodies(&answer);
    assert_eq!(results[1], known.body);
    assert_eq!(results[3], results[0]);
    let problem = &results[2];
    assert_eq!(problem["code"], "validation_failed");
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert_eq!(pointers, ["/devices/2/device_id", "/devices/2/user_omni"]);
    // As if each had been registered alone.
    for result in [&results[0], &results[4]] {
        let id = result["device_id"].as_str().unwrap();
        let alone = portal.register(&folotoy.token, &format!("alone-{id}"), device(id)).await.expect(200);
        assert_eq!(alone.body, *result);
        assert_eq!(jwt::claims(alone.str("/receipt"))["device_id"], id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_again_is_the_same_answer() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let devices = [device("FT-1"), json!({ "device_id": "", "user_omni": omni("11") }), device("FT-2")];
    let first = portal.register_batch(&folotoy.token, "batch", batch(&devices)).await.expect(200);
    assert_eq!(statuses(&first), [201, 422, 201]);
    // Also when in between a device was released, and registered again.
    for step in 0..3 {
        let replay = portal.register_batch(&folotoy.token, "batch", batch(&devices)).await.expect(200);
        assert_eq!((replay.header("idempotency-replayed"), statuses(&replay)), ("true", vec![200, 422, 200]));
        let (mut again, mut before) = (bodies(&replay), bodies(&first));
        for results in [&mut again, &mut before] {
            results[1].as_object_mut().unwrap().remove("request_id");
        }
        assert_eq!(again, before, "{step}");
        match step {
            0 => drop(portal.release(Auth::Bearer(&folotoy.token), "FT-1", "11").await.expect(204)),
            _ => drop(portal.register(&folotoy.token, "again", device("FT-1")).await),
        }
    }
    let other = portal.register_batch(&folotoy.token, "batch", batch(&devices[..1])).await;
    other.problem(422, "idempotency_key_reused");
    portal.register(&folotoy.token, "batch", device("FT-1")).await.problem(422, "idempotency_key_reused");
    // By a new key the released one is what it is now.
    let now = portal.register_batch(&folotoy.token, "now", batch(&devices)).await.expect(200);
    assert_eq!(statuses(&now), [200, 422, 200]);
    assert_eq!(now.body["results"][0]["generation"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_released_devices_gives_them_new_actors_and_repeats_it() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let devices = [device("FT-1"), device("FT-2"), device("FT-3")];
    portal.register_batch(&folotoy.token, "first", batch(&devices)).await.expect(200);
    portal.release(Auth::Bearer(&folotoy.token), "FT-2", "11").await.expect(204);
    let second = portal.register_batch(&folotoy.token, "second", batch(&devices)).await.expect(200);
    assert_eq!(statuses(&second), [200, 201, 200]);
    let generations: Vec<_> = bodies(&second).iter().map(|result| result["generation"].clone()).collect();
    assert_eq!(generations, [0, 1, 0]);
    let replay = portal.register_batch(&folotoy.token, "second", batch(&devices)).await.expect(200);
    assert_eq!((bodies(&replay), statuses(&replay)), (bodies(&second), vec![200, 200, 200]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_undone_is_done_by_the_retry() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let devices = [device("FT-1"), device("FT-2"), device("FT-3")];
    let first = portal.register_batch(&folotoy.token, "batch", batch(&devices)).await.expect(200);
    // As after a failure in the middle: the key is taken, and one binding was not made.
    let actor = bodies(&first)[1]["actor_omni"].as_str().unwrap().to_owned();
    portal.forget(&format!("ACTOR#{actor}"), "BINDING").await;
    let retry = portal.register_batch(&folotoy.token, "batch", batch(&devices)).await.expect(200);
    assert_eq!((statuses(&retry), retry.header("idempotency-replayed")), (vec![200, 201, 200], ""));
    assert_eq!(bodies(&retry)[1]["actor_omni"], actor);
    let items = table::items(&portal).await;
    assert_eq!(table::of_kind(&items, "binding").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_to_a_hundred_devices_of_a_megabyte() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let many = |count: usize| (0..count).map(|n| device(&format!("FT-{n}"))).collect::<Vec<_>>();
    for count in [0, 101] {
        let answer = portal.register_batch(&folotoy.token, "batch", batch(&many(count))).await;
        assert_eq!(answer.problem(422, "validation_failed").pointers(), ["/devices"]);
    }
    let mut devices = many(100);
    for device in &mut devices {
        device["metadata"] = json!({ "note": "x".repeat(4000) });
    }
    let answer = portal.register_batch(&folotoy.token, "batch", batch(&devices)).await.expect(200);
    assert_eq!(statuses(&answer), [201; 100]);
    devices[0]["metadata"] = json!({ "note": "x".repeat(700_000) });
    let large = portal.register_batch(&folotoy.token, "large", batch(&devices)).await;
    large.problem(413, "body_too_large");
    let path = "/v1/vendor/devices/register-batch";
    let keyless = portal.send(portal.request(Method::POST, path, Auth::Bearer(&folotoy.token)).json(&batch(&many(1))));
    keyless.await.problem(400, "idempotency_key_required");
    let mut wrong = many(2);
    wrong[1]["colour"] = json!("red");
    let answer = portal.register_batch(&folotoy.token, "wrong", batch(&wrong)).await.problem(400, "invalid_request");
    assert_eq!(answer.pointers(), ["/devices/1/colour"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_many_times_at_once_is_registered_once() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let devices: Vec<Value> = (0..20).map(|n| device(&format!("FT-{n}"))).collect();
    let send = || portal.register_batch(&folotoy.token, "batch", batch(&devices));
    let (a, b, c, d) = tokio::join!(send(), send(), send(), send());
    let made: usize =
        [&a, &b, &c, &d].iter().map(|answer| statuses(answer).iter().filter(|is| **is == 201).count()).sum();
    assert_eq!(made, 20);
    for answer in [b, c, d] {
        assert_eq!(bodies(&answer), bodies(&a));
    }
}
