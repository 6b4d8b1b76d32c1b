//! Pictures through API Gateway: Lambda's events and answers are JSON, so bytes come and go in base64, as the functions'
//! runtime does it.

use data_encoding::BASE64;
use functions::platform::app::App;
use functions::platform::http::service;
use functions::platform::world::{Clock, Env, Random};
use lambda_http::lambda_runtime::{Context, LambdaEvent};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Service};
use local::aws::Aws;
use serde_json::{Value, json};

use crate::harness::pictures::{png, webp};
use crate::harness::{Auth, Portal};

/// The function on Lambda, over the portal's own AWS.
fn app(portal: &Portal, function: &'static str) -> App {
    let (url, aws) = (portal.url(""), portal.runner().aws().endpoint(function));
    let env = Env::new(move |name| match name {
        "PORTAL_URL" => Some(url.clone()),
        "AWS_REGION" => Some("us-east-1".into()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("local".into()),
        "AWS_ENDPOINT_URL" => Some(aws.clone()),
        "TABLE_NAME" => Some(Aws::table_name().into()),
        _ => None,
    });
    App::new(env, Clock::system(), Random::system())
}

/// What the function answers to an event of an HTTP API, as Lambda gets it.
async fn invoke(portal: &Portal, function: &'static str, event: Value) -> Value {
    let routes =
        functions::ENDPOINTS.iter().find(|endpoint| endpoint.function == function).expect("an endpoint").routes;
    let service = service(function, routes().served(), app(portal, function));
    let event: LambdaRequest = serde_json::from_value(event).expect("an event");
    let mut adapter = Adapter::from(service);
    let answer = adapter.call(LambdaEvent::new(event, Context::default())).await.expect("an answer");
    serde_json::to_value(answer).expect("JSON")
}

/// An event of API Gateway's payload format 2.0.
fn event(method: &str, path: &str, headers: Value, body: Option<String>) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "portal", "domainPrefix": "portal",
            "requestId": "r", "routeKey": "$default", "stage": "$default", "time": "24/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_795_478_400_000_i64,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t" },
        },
        "isBase64Encoded": body.is_some(),
        "body": body,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logo_comes_in_and_goes_out_as_it_is() {
    let portal = Portal::start().await;
    let person = portal.sign_up("ops@folotoy.example").await;
    for (kind, picture) in [("image/png", png(32, 32)), ("image/webp", webp(32, 32))] {
        let headers = json!({
            "authorization": format!("Session {}", person.session), "content-type": kind, "if-match": "*",
        });
        let put = event("PUT", "/v1/vendor/branding/logo", headers, Some(BASE64.encode(&picture)));
        let answer = invoke(&portal, "logo-upload", put).await;
        assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(false)), "{answer}");
        let branding: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
        assert_eq!(branding["logo"]["size"], picture.len());

        let url = branding["logo"]["url"].as_str().expect("a URL");
        let path = url.strip_prefix(&portal.url("")).expect("our own URL");
        let answer = invoke(&portal, "logo-get", event("GET", path, json!({}), None)).await;
        assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(true)), "{answer}");
        assert_eq!(answer["headers"]["content-type"], kind);
        let shown = BASE64.decode(answer["body"].as_str().expect("a body").as_bytes()).expect("base64");
        assert!(shown == picture, "{kind}");
        let seen = portal.get("/v1/vendor/branding", Auth::Session(&person.session)).await.expect(200);
        assert_eq!(seen.body, branding);
    }
}
