//! Who may do what: every endpoint that asks for a credential, with every wrong one.

use data_encoding::BASE64;
use functions::platform::access::Access;
use functions::{ENDPOINTS, Endpoint};
use serde_json::Value;

use crate::harness::{Answer, Auth, Portal, Vendor, good, jwt, stripe};

/// What there is of credentials, good for something else or for nothing.
struct World {
    portal: Portal,
    folotoy: Vendor,
    ropet: Vendor,
    /// A session that its person ended.
    ended: String,
    /// A token of AgentKeys' own services.
    service: String,
    /// A vendor's token for another portal.
    foreign: String,
}

impl World {
    async fn new() -> Self {
        let (portal, elsewhere) = (Portal::start().await, Portal::start().await);
        let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
        let ended = portal.sign_in(&folotoy.email).await;
        let path = "/v1/vendor/sessions/current";
        portal.delete(path, Auth::Session(&ended)).await.expect(204);
        Self {
            service: portal.service_token("events:write").await,
            foreign: elsewhere.vendor("folotoy").await.token,
            portal,
            folotoy,
            ropet,
            ended,
        }
    }

    /// The header's name and value of each credential that is no session.
    fn no_sessions(&self) -> Vec<(&'static str, String)> {
        let Vendor { session, token, .. } = &self.folotoy;
        let basic = BASE64.encode(format!("{}:{session}", self.folotoy.email).as_bytes());
        vec![
            ("authorization", format!("Bearer {token}")),
            ("authorization", format!("Bearer {session}")),
            ("authorization", format!("Bearer {}", self.service)),
            ("authorization", format!("Session {token}")),
            ("authorization", format!("Session {}", self.ended)),
            ("authorization", format!("Session {}", good::NOBODYS_SECRET)),
            ("authorization", "Session garbage".into()),
            ("authorization", "Session".into()),
            ("authorization", format!("Basic {basic}")),
            ("cookie", "session=garbage".into()),
            ("cookie", format!("other={session}")),
        ]
    }

    /// The same for what is no vendor token.
    fn no_tokens(&self) -> Vec<(&'static str, String)> {
        let session = &self.folotoy.session;
        vec![
            ("authorization", format!("Session {session}")),
            ("authorization", format!("Bearer {session}")),
            ("authorization", format!("Bearer {}", self.service)),
            ("authorization", format!("Bearer {}", self.foreign)),
            ("authorization", format!("Bearer {}", spliced(&self.folotoy, &self.ropet))),
            ("authorization", "Bearer a.b.c".into()),
            ("authorization", "Bearer".into()),
            ("authorization", format!("Bearer {}", "x".repeat(5000))),
            ("cookie", format!("session={session}")),
        ]
    }

    /// The same for what is neither.
    fn neither(&self) -> Vec<(&'static str, String)> {
        let is_token = |value: &str| value == format!("Bearer {}", self.folotoy.token);
        let mut both = self.no_sessions();
        both.retain(|(_, value)| !is_token(value));
        let others = self.no_tokens().into_iter();
        both.extend(others.filter(|(name, value)| *name == "authorization" && !value.starts_with("Session ")));
        both
    }

    async fn no_signatures(&self, endpoint: &Endpoint) -> Vec<(&'static str, String)> {
        let good::Body::Json(body) = good::body(endpoint) else { panic!("a provider notifies by JSON") };
        let (body, now) = (body.to_string(), self.portal.now().await.as_second());
        vec![
            ("stripe-signature", stripe::signature("whsec_other", now, &body)),
            ("stripe-signature", self.portal.stripe_signature("{}", 0).await),
            ("stripe-signature", self.portal.stripe_signature(&body, 600).await),
            ("stripe-signature", "garbage".into()),
            ("authorization", format!("Bearer {}", self.folotoy.token)),
            ("authorization", format!("Session {}", self.folotoy.session)),
        ]
    }

    /// Every wrong credential for `endpoint`. A new kind of access has to be thought of here.
    async fn wrong(&self, endpoint: &Endpoint) -> Vec<(&'static str, String)> {
        match endpoint.access {
            Access::Public => Vec::new(),
            Access::Session => self.no_sessions(),
            Access::VendorToken(_) => self.no_tokens(),
            Access::SessionOrVendorToken(_) => self.neither(),
            Access::ProviderSignature => self.no_signatures(endpoint).await,
        }
    }

    /// What both vendors see of themselves.
    async fn state(&self) -> [Value; 2] {
        let (folotoy, ropet) = (&self.folotoy.session, &self.ropet.session);
        [self.portal.state(folotoy).await, self.portal.state(ropet).await]
    }
}

/// The claims of `victim`'s token under the signature of `thief`'s.
fn spliced(victim: &Vendor, thief: &Vendor) -> String {
    let (input, _) = victim.token.rsplit_once('.').unwrap();
    let (_, signature) = thief.token.rsplit_once('.').unwrap();
    format!("{input}.{signature}")
}

#[track_caller]
fn refused(answer: Answer, code: &str, challenge: &str, what: &str) {
    assert_eq!((answer.status, answer.code()), (401, code), "{what}: {}", answer.text);
    assert_eq!(answer.header("www-authenticate"), challenge, "{what}");
}

fn name(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.method, endpoint.path)
}

const INVALID: &str = r#"Bearer error="invalid_token""#;

#[tokio::test(flavor = "multi_thread")]
async fn no_endpoint_lets_a_wrong_credential_in() {
    let world = World::new().await;
    let before = world.state().await;
    for endpoint in ENDPOINTS {
        let what = name(endpoint);
        if endpoint.access == Access::Public {
            continue;
        }
        let answer = world.portal.send(good::request(&world.portal, endpoint)).await;
        refused(answer, "unauthenticated", "Bearer", &what);
        for (header, value) in world.wrong(endpoint).await {
            let request = good::request(&world.portal, endpoint).header(header, &value);
            let answer = world.portal.send(request).await;
            let shown = format!("{what} with {header}: {}", value.get(..40).unwrap_or(&value));
            assert_eq!((answer.status, answer.code()), (401, "unauthenticated"), "{shown}");
            let challenge = answer.header("www-authenticate");
            assert!(challenge == "Bearer" || challenge == INVALID, "{shown}: {challenge}");
        }
        assert_eq!(world.state().await, before, "{what} changed something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_hears_nothing_of_the_body() {
    let portal = Portal::start().await;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.access != Access::Public) {
        let method = endpoint.method.parse().unwrap();
        let request = portal.request(method, good::path(endpoint), Auth::None).body("no JSON");
        let answer = portal.send(request).await;
        refused(answer, "unauthenticated", "Bearer", &name(endpoint));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_91_days_every_credential_is_over() {
    let portal = Portal::start().await;
    let bubblepal = portal.vendor("bubblepal").await;
    let before = portal.get("/v1/vendor", Auth::Session(&bubblepal.session)).await.expect(200);
    portal.advance(91 * 24 * 3600).await;
    for endpoint in ENDPOINTS {
        let Some(credential) = good::authorization(endpoint, &bubblepal) else {
            continue;
        };
        let request = good::request(&portal, endpoint).header("authorization", credential);
        let answer = portal.send(request).await;
        match endpoint.access {
            Access::VendorToken(_) | Access::SessionOrVendorToken(_) => {
                let challenge = r#"Bearer error="invalid_token", error_description="token expired""#;
                refused(answer, "token_expired", challenge, &name(endpoint));
            }
            Access::Session => refused(answer, "unauthenticated", INVALID, &name(endpoint)),
            Access::Public | Access::ProviderSignature => unreachable!("no credential"),
        }
    }
    let session = portal.sign_in(&bubblepal.email).await;
    let after = portal.get("/v1/vendor", Auth::Session(&session)).await.expect(200);
    assert_eq!(after.body, before.body);
    let audit = portal.audit(&session).await;
    assert!(audit.iter().all(|row| row["type"] != "device.registered"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_reaches_its_own_things_only() {
    let portal = Portal::start().await;
    let (folotoy, ropet) = (portal.vendor("folotoy").await, portal.vendor("ropet").await);
    let before = portal.state(&folotoy.session).await;
    let mut endpoints: Vec<&Endpoint> = ENDPOINTS.iter().collect();
    // The session is wanted until the end.
    endpoints.sort_by_key(|endpoint| endpoint.function == "sessions-end");
    for endpoint in endpoints {
        let Some(credential) = good::authorization(endpoint, &ropet) else {
            continue;
        };
        let request = good::request(&portal, endpoint).header("authorization", credential);
        let answer = portal.send(request).await;
        let what = name(endpoint);
        assert!(answer.status != 401 && answer.status < 500, "{what}: {}", answer.text);
        for secret in [&folotoy.vendor_id, &folotoy.email, &folotoy.token_id] {
            assert!(!answer.text.contains(secret.as_str()), "{what} shows {secret}");
        }
        assert_eq!(portal.state(&folotoy.session).await, before, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_fewer_scopes_reaches_less() {
    let portal = Portal::start().await;
    let person = portal.sign_up("bubblepal@example.com").await;
    portal.accept_terms(&person.session).await;
    portal.connect_stripe(&person.session).await;
    let scopes = serde_json::json!({ "scopes": ["usage:read", "devices:read"] });
    let path = "/v1/vendor/tokens";
    let issued = portal.post(path, Auth::Session(&person.session), scopes).await.expect(201);
    let before = portal.state(&person.session).await;
    let claims = jwt::claims(issued.str("/token"));
    assert_eq!(claims["scope"], "devices:read usage:read");
    for endpoint in ENDPOINTS {
        let (Access::VendorToken(scope) | Access::SessionOrVendorToken(Some(scope))) = endpoint.access else {
            continue;
        };
        let allowed = ["devices:read", "usage:read"].contains(&scope.as_str());
        let bearer = format!("Bearer {}", issued.str("/token"));
        let request = good::request(&portal, endpoint).header("authorization", bearer);
        let answer = portal.send(request).await;
        assert_eq!(answer.code() != "insufficient_scope", allowed, "{}", name(endpoint));
        if !allowed {
            let answer = answer.problem(403, "insufficient_scope");
            let challenge = format!(r#"Bearer error="insufficient_scope", scope="{scope}""#);
            assert_eq!(answer.header("www-authenticate"), challenge);
            assert_eq!(portal.state(&person.session).await, before);
        }
    }
}
