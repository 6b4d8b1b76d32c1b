//! Another vendor's things are as things that never were: every endpoint, with a foreign id in path, query and body.

use functions::platform::access::Access;
use functions::{ENDPOINTS, Endpoint};
use serde_json::{Value, json};

use crate::harness::{Answer, Auth, Portal, Vendor, good, omni};

/// Both vendors have the same kinds of things; what is asked for is the victim's, and what nobody ever had.
struct World {
    portal: Portal,
    thief: Vendor,
    victim: Vendor,
    /// For each kind of id: the victim's, and one that never existed.
    ids: Vec<(&'static str, String, String)>,
}

const NEVER: &str = "01JZ8Q6V3M4N5P6R7S8T9V0W1X";

impl World {
    async fn new() -> Self {
        let portal = Portal::start().await;
        let (thief, victim) = (portal.vendor("thief").await, portal.vendor("victim").await);
        let device = json!({ "device_id": "FT-VICTIM", "user_omni": omni("77") });
        let registered = portal.register(&victim.token, "victim", device).await.expect(201);
        let cap = json!({
            "actor_omni": registered.str("/actor_omni"), "op": "fetch", "data_class": "memory", "namespaces": ["family"],
        });
        let cap = portal.post("/v1/vendor/caps", Auth::Bearer(&victim.token), cap).await.expect(201);
        let import = json!({ "format": "ndjson", "total_lines": 1 });
        let import = portal.import(&victim.token, import).await;
        let sessions = portal.get("/v1/vendor/sessions", Auth::Session(&victim.session)).await.expect(200);
        let ids = vec![
            ("{token_id}", victim.token_id.clone(), format!("tok_{NEVER}")),
            ("{device_id}", "FT-VICTIM".into(), "FT-NEVER".into()),
            ("{user_omni}", omni("77"), omni("78")),
            ("{actor_omni}", registered.str("/actor_omni").into(), omni("79")),
            ("{cap_id}", cap.str("/cap_id").into(), format!("cap_{NEVER}")),
            ("{import_id}", import, format!("imp_{NEVER}")),
            ("{session_id}", sessions.str("/data/0/session_id").into(), format!("ses_{NEVER}")),
        ];
        Self { portal, thief, victim, ids }
    }

    /// The endpoint's path with the victim's ids, and with ids of nobody.
    fn paths(&self, endpoint: &Endpoint) -> (String, String) {
        let path = endpoint.path.to_owned();
        self.ids.iter().fold((path.clone(), path), |(foreign, never), (name, theirs, nobodys)| {
            (foreign.replace(name, theirs), never.replace(name, nobodys))
        })
    }

    async fn ask(&self, endpoint: &Endpoint, path: &str, body: Option<Value>) -> Answer {
        let Vendor { session, token, .. } = &self.thief;
        let auth = match endpoint.access {
            Access::Session => Auth::Session(session),
            _ => Auth::Bearer(token),
        };
        let mut request = self.portal.request(endpoint.method.parse().unwrap(), path, auth);
        if endpoint.function.starts_with("devices-register") {
            request = request.header("idempotency-key", "cross");
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.portal.send(request).await
    }
}

/// The answer without what is different in any two answers.
fn bare(answer: &Answer) -> (u16, String, Vec<String>) {
    let request_id = answer.body["request_id"].as_str().unwrap_or("-");
    let names = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
    (answer.status, answer.text.replace(request_id, "REQUEST"), names)
}

fn is_vendors(endpoint: &Endpoint) -> bool {
    !matches!(endpoint.access, Access::Public | Access::ProviderSignature | Access::ServiceToken(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_id_in_the_path_is_as_one_that_never_was() {
    let world = World::new().await;
    let before = world.portal.state(&world.victim.session).await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| is_vendors(endpoint) && endpoint.path.contains('{')) {
        let (foreign, never) = world.paths(endpoint);
        assert!(!foreign.contains('{'), "say here what {foreign} is with another's ids");
        let body = match good::body(endpoint) {
            good::Body::Json(body) => Some(body),
            good::Body::None | good::Body::Form(_) | good::Body::Lines(_) | good::Body::Picture(_) => None,
        };
        let theirs = world.ask(endpoint, &foreign, body.clone()).await;
        let nobodys = world.ask(endpoint, &never, body).await;
        assert_eq!(bare(&theirs), bare(&nobodys), "{} {foreign}", endpoint.method);
        assert!(!theirs.text.contains(&world.victim.vendor_id), "{foreign}");
        assert_eq!(world.portal.state(&world.victim.session).await, before, "{} {foreign}", endpoint.method);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_cursor_leads_nowhere() {
    let world = World::new().await;
    for path in ["/v1/vendor/audit", "/v1/vendor/tokens"] {
        for _ in 0..2 {
            world.portal.sign_in(&world.victim.email).await;
        }
        let page = world.portal.get(&format!("{path}?limit=1"), Auth::Session(&world.victim.session)).await.expect(200);
        let cursor = page.body["next_cursor"].as_str().unwrap_or(&world.victim.token_id).to_owned();
        let stolen = format!("{path}?limit=100&cursor={cursor}");
        let answer = world.portal.get(&stolen, Auth::Session(&world.thief.session)).await;
        for secret in [&world.victim.vendor_id, &world.victim.token_id, &world.victim.email] {
            let shown = answer.body["data"].to_string();
            assert!(!shown.contains(secret.as_str()), "{path} shows {secret}");
        }
    }
}
