//! The double as its clients see it, up to the webhook: what is queued for delivery is looked at, not delivered.

use std::sync::atomic::{AtomicI64, Ordering};
use std::{env, fs};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::store::{new_id, text};
use super::*;

const START: i64 = 1_790_000_000;
const DAY: i64 = 24 * 60 * 60;
const SESSION: &str = "mode=setup&allowed_payment_method_types[0]=card&cancel_url=http://portal/billing\
                       &success_url=http://portal/return?session_id={CHECKOUT_SESSION_ID}&metadata[vendor_id]=ven_1";
const LINK: &str = "type=account_onboarding&refresh_url=http://portal/refresh&return_url=http://portal/return";

struct Bench {
    double: StripeDouble,
    now: Arc<AtomicI64>,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Bench {
    fn new() -> Self {
        Self::with_file(None)
    }

    fn with_file(state_file: Option<PathBuf>) -> Self {
        let now = Arc::new(AtomicI64::new(START));
        let clock = Arc::clone(&now);
        let double = StripeDouble::open(StripeOptions {
            state_file,
            public_url: "http://local/".to_owned(),
            webhook_url: "http://local/webhooks/stripe".to_owned(),
            webhook_secret: "whsec_test".to_owned(),
            secret_key: "sk_test_1".to_owned(),
            now: Arc::new(move || clock.load(Ordering::Relaxed)),
        });
        Self { double: double.expect("the double opens"), now }
    }

    fn advance(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let api = Router::new().nest("/stripe", self.double.api());
        let response = api.oneshot(request).await.expect("axum answers");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        let body = serde_json::from_slice(&body).expect("JSON");
        Reply { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Reply {
        let request = Request::get(format!("/stripe/v1/{path}")).header("authorization", "Bearer sk_test_1");
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn post(&self, path: &str, form: &str) -> Reply {
        self.send(post(path, form, None)).await
    }

    async fn created(&self, path: &str, form: &str) -> Value {
        let reply = self.post(path, form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.body
    }

    /// The event that waits for delivery on behalf of a page.
    fn event(&self, page: &Page) -> Value {
        let key = match page {
            Page::Checkout(key) | Page::Onboarding(key) => key,
        };
        let store = self.double.store();
        let waiting = store.next_undelivered(key).expect("an event");
        serde_json::from_str(&waiting.body).expect("JSON")
    }
}

fn post(path: &str, form: &str, key: Option<&str>) -> Request<Body> {
    let mut request = Request::post(format!("/stripe/v1/{path}"))
        .header("authorization", "Bearer sk_test_1")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("stripe-version", "2026-09-30.endive");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.body(Body::from(form.to_owned())).expect("a request")
}

fn error(reply: &Reply) -> (u16, &str, &str) {
    let error = &reply.body["error"];
    (reply.status.as_u16(), text(&error["code"]), text(&error["param"]))
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let bench = Bench::new();
    let reply = bench.post("customers", "email=a@b.c").await;
    assert_eq!(reply.headers["stripe-version"], "2026-09-30.endive");
    assert!(reply.headers["request-id"].to_str().expect("ASCII").starts_with("req_"));

    let request = Request::get("/stripe/v1/customers/cus_1").header("authorization", "Bearer sk_test_2");
    let reply = bench.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.body["error"]["type"], "invalid_request_error");
    assert!(reply.headers.contains_key("request-id"));

    assert_eq!(bench.get("invoices").await.status, StatusCode::NOT_FOUND);
    assert_eq!(bench.get("customers").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn wrong_parameters_are_refused_as_stripe_does() {
    let bench = Bench::new();
    let removed = format!("{SESSION}&payment_method_types[0]=card");
    for (path, form, expected) in [
        ("customers", "emial=a@b.c", (400, "parameter_unknown", "emial")),
        ("customers", "email=nobody", (400, "email_invalid", "email")),
        ("customers/cus_1", "name=x", (404, "resource_missing", "id")),
        ("checkout/sessions", "mode=setup&currency=usd", (400, "parameter_missing", "success_url")),
        ("checkout/sessions", "mode=payment&success_url=http://x", (400, "", "mode")),
        ("checkout/sessions", "mode=setup&success_url=http://x", (400, "parameter_missing", "currency")),
        (
            "checkout/sessions",
            removed.as_str(),
            (400, "payment_method_types_no_longer_supported", "payment_method_types"),
        ),
        ("accounts", "type=express", (400, "parameter_unknown", "type")),
        ("accounts", "controller[fees][payer]=nobody", (400, "", "controller[fees][payer]")),
        ("account_links", LINK, (400, "parameter_missing", "account")),
    ] {
        assert_eq!(error(&bench.post(path, form).await), expected, "{path} {form}");
    }
    let nobody = bench.post("checkout/sessions", &format!("{SESSION}&customer=cus_1")).await;
    assert_eq!(error(&nobody), (400, "resource_missing", "customer"));
    assert_eq!(error(&bench.get("setup_intents/seti_1").await), (404, "resource_missing", "id"));
}

#[tokio::test]
async fn a_key_makes_one_object_a_day() {
    let bench = Bench::new();
    let once = || bench.send(post("customers", "email=a@b.c&name=A", Some("cus:ven_1:v1")));
    let (one, other) = tokio::join!(once(), once());
    assert_eq!(one.body["id"], other.body["id"]);
    assert!(!one.headers.contains_key("idempotent-replayed"));
    assert_eq!(other.headers["idempotent-replayed"], "true");
    assert_eq!(other.headers["original-request"], one.headers["request-id"]);

    let reply = bench.send(post("customers", "email=a@b.c", Some("cus:ven_1:v1"))).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.body["error"]["type"], "idempotency_error");

    bench.advance(DAY);
    assert_ne!(once().await.body["id"], one.body["id"]);
}

#[tokio::test]
async fn an_approved_card_is_saved_and_can_become_the_default() {
    let bench = Bench::new();
    let customer = bench.created("customers", "email=a@b.c").await;
    let id = text(&customer["id"]);
    let session = bench.created("checkout/sessions", &format!("{SESSION}&customer={id}")).await;
    let page = Page::parse("http://local", text(&session["url"])).expect("a page");

    let destination = bench.double.decide(&page, Outcome::Approve).expect("an open session");
    assert_eq!(destination, format!("http://portal/return?session_id={}", text(&session["id"])));
    let event = bench.event(&page);
    assert_eq!(event["type"], "checkout.session.completed");
    assert_eq!(event["data"]["object"]["status"], "complete");
    assert_eq!(event["data"]["object"]["metadata"]["vendor_id"], "ven_1");

    let intent = bench.get(&format!("setup_intents/{}", text(&session["setup_intent"]))).await.body;
    assert_eq!(intent["status"], "succeeded");
    let method = text(&intent["payment_method"]);
    let default = format!("invoice_settings[default_payment_method]={method}");
    let expanded = format!("{default}&expand[]=invoice_settings.default_payment_method");
    let updated = bench.created(&format!("customers/{id}"), &expanded).await;
    assert_eq!(updated["invoice_settings"]["default_payment_method"]["card"]["last4"], "4242");

    let stranger = bench.created("customers", "").await;
    let refused = bench.post(&format!("customers/{}", text(&stranger["id"])), &default).await;
    assert_eq!(error(&refused), (400, "resource_missing", "invoice_settings[default_payment_method]"));
}

#[tokio::test]
async fn a_completed_session_is_done_once_its_event_arrived() {
    let bench = Bench::new();
    let session = bench.created("checkout/sessions", SESSION).await;
    let page = Page::Checkout(text(&session["id"]).to_owned());
    let destination = bench.double.decide(&page, Outcome::Approve);
    let event = bench.event(&page);
    assert_eq!(bench.double.decide(&page, Outcome::Approve), destination);
    assert_eq!(bench.event(&page), event);

    bench.double.store().delivered(text(&event["id"]));
    assert_eq!(bench.double.decide(&page, Outcome::Approve), Err(CompleteError::AlreadyCompleted));
}

#[tokio::test]
async fn a_declined_card_can_be_tried_again_until_the_session_expires() {
    let bench = Bench::new();
    let session = bench.created("checkout/sessions", SESSION).await;
    let url = text(&session["url"]);
    let page = Page::parse("http://local", url).expect("a page");
    assert_eq!(bench.double.decide(&page, Outcome::Decline).as_deref(), Ok(url));
    let event = bench.event(&page);
    assert_eq!(event["type"], "setup_intent.setup_failed");
    assert_eq!(event["data"]["object"]["status"], "requires_payment_method");
    assert_eq!(event["data"]["object"]["last_setup_error"]["code"], "card_declined");
    assert_eq!(bench.double.decide(&page, Outcome::Cancel).as_deref(), Ok("http://portal/billing"));

    bench.advance(DAY);
    let path = format!("checkout/sessions/{}", text(&session["id"]));
    assert_eq!(bench.get(&path).await.body["status"], "expired");
    assert_eq!(bench.double.decide(&page, Outcome::Approve), Err(CompleteError::UnknownPage));
}

#[tokio::test]
async fn an_account_link_works_once_and_for_minutes() {
    let bench = Bench::new();
    let form = "country=US&email=a@b.c&controller[fees][payer]=application&controller[losses][payments]=application\
                &controller[requirement_collection]=stripe&controller[stripe_dashboard][type]=express\
                &capabilities[transfers][requested]=true&metadata[vendor_id]=ven_1";
    let account = bench.created("accounts", form).await;
    assert_eq!(account["type"], "express");
    assert_eq!(account["payouts_enabled"], false);
    let id = text(&account["id"]);
    let form = format!("{LINK}&account={id}");
    let link = async || {
        let link = bench.created("account_links", &form).await;
        Page::parse("http://local", text(&link["url"])).expect("a page")
    };

    let declined = link().await;
    assert_eq!(bench.double.decide(&declined, Outcome::Decline).as_deref(), Ok("http://portal/return"));
    let event = bench.event(&declined);
    assert_eq!((&event["type"], &event["account"]), (&json!("account.updated"), &json!(id)));
    assert_eq!(event["data"]["object"]["requirements"]["disabled_reason"], "requirements.past_due");

    let approved = link().await;
    assert_eq!(bench.double.decide(&approved, Outcome::Approve).as_deref(), Ok("http://portal/return"));
    let event = bench.event(&approved);
    bench.double.store().delivered(text(&event["id"]));
    assert_eq!(bench.double.decide(&approved, Outcome::Approve).as_deref(), Ok("http://portal/refresh"));
    let account = bench.get(&format!("accounts/{id}")).await.body;
    assert_eq!(account["capabilities"]["transfers"], "active");
    assert_eq!(account["payouts_enabled"], true);

    let late = link().await;
    bench.advance(5 * 60);
    assert_eq!(bench.double.decide(&late, Outcome::Approve).as_deref(), Ok("http://portal/refresh"));
}

#[tokio::test]
async fn the_hosted_page_speaks_the_persons_language() {
    let bench = Bench::new();
    let session = bench.created("checkout/sessions", SESSION).await;
    let path = format!("/_local/stripe/checkout/{}", text(&session["id"]));
    for (language, button) in [("en", "Save card"), ("zh-CN,zh;q=0.9", "保存银行卡")] {
        let request = Request::get(&path).header("accept-language", language).body(Body::empty());
        let response = bench.double.pages().oneshot(request.expect("a request")).await.expect("axum answers");
        assert_eq!(response.status(), StatusCode::OK);
        let html = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        assert!(String::from_utf8_lossy(&html).contains(button), "{language}");
    }
}

#[tokio::test]
async fn the_state_survives_a_restart() {
    let path = env::temp_dir().join(new_id("stripe-double-")).with_extension("json");
    let customer = Bench::with_file(Some(path.clone())).created("customers", "name=A").await;
    let again = Bench::with_file(Some(path.clone()));
    assert_eq!(again.get(&format!("customers/{}", text(&customer["id"]))).await.body, customer);
    fs::remove_file(&path).expect("the state file");
}
