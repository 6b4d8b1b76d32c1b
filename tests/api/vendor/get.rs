//! `GET /v1/vendor`

use serde_json::{Value, json};

use crate::harness::{Auth, Portal};

#[tokio::test(flavor = "multi_thread")]
async fn tells_a_new_vendor_what_it_will_pay() {
    let portal = Portal::start().await;
    let rows = [
        (Value::Null, json!({ "amount": 200, "currency": "USD" })),
        (json!("CN"), json!({ "amount": 1400, "currency": "CNY" })),
        (json!("DE"), json!({ "amount": 200, "currency": "USD" })),
    ];
    for (country, price) in rows {
        let email = format!("{country}@example.com").replace('"', "").to_lowercase();
        let profile = json!({ "email": email, "display_name": "Ropet", "country": country });
        let person = portal.sign_up_as(profile).await;
        let vendor = portal.get("/v1/vendor", Auth::Session(&person.session)).await.expect(200);
        assert_eq!(vendor.str("/vendor_id"), person.vendor_id);
        assert_eq!((vendor.str("/plan"), &vendor.body["price"]), ("pilot", &price));
        assert_eq!(vendor.body["rail"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_an_active_vendor_the_same_by_session_and_by_token() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    let by_session = portal.get("/v1/vendor", Auth::Session(&folotoy.session)).await.expect(200);
    let by_token = portal.get("/v1/vendor", Auth::Bearer(&folotoy.token)).await.expect(200);
    assert_eq!(by_session.body, by_token.body);
    let expected = json!({
        "vendor_id": folotoy.vendor_id, "status": "active", "display_name": "folotoy", "locale": "en",
        "plan": "pilot", "price": { "amount": 200, "currency": "USD" }, "price_version": "2026-11", "rail": "stripe",
    });
    assert_eq!(by_token.body, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_case_of_the_scheme_will_do() {
    let portal = Portal::start().await;
    let folotoy = portal.vendor("folotoy").await;
    for authorization in [
        format!("bearer {}", folotoy.token),
        format!("BEARER  {}", folotoy.token),
        format!("session {}", folotoy.session),
    ] {
        let request = portal.client().get(portal.url("/v1/vendor"));
        portal.send(request.header("authorization", authorization)).await.expect(200);
    }
}
