//! The OpenAPI document, made of the routes' own documentation.

use std::collections::BTreeMap;

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::ENDPOINTS;
use crate::platform::http::Problem;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AgentKeys Vendor Portal",
        description = "From a sign-up page to the first registered device: accounts, terms, payment, the vendor token, \
            the device registry and caps. Times are RFC 3339 in UTC; money is an integer count of minor units; an error is a \
            problem document (RFC 9457) whose `code` a program can rely on. A body of the wrong form (not JSON, a field \
            missing, unknown or of the wrong type) is 400 `invalid_request`; a value that breaks a rule is 422 \
            `validation_failed`; both point at the field. A revoked token is refused everywhere within 30 seconds, \
            and mints no cap from then on; the caps that it minted end within 300 seconds more.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "AgentKeys", url = "https://agentkeys.example")
    ),
    servers((url = "/", description = "This portal")),
    tags(
        (name = "account", description = "Sign-up, sign-in and the vendor itself"),
        (name = "terms", description = "Terms of service and data processing addendum"),
        (name = "payment", description = "Payment rails"),
        (name = "tokens", description = "Vendor tokens and the keys to verify with"), // replaced by its guide
        (name = "devices", description = "The device registry"),
        (name = "caps", description = "Short-lived rights of actors, and how to verify one"),
        (name = "settings", description = "What the vendor chooses, and how it looks to parents"),
        (name = "imports", description = "Lot imports, for factories"),
        (name = "audit", description = "Who changed what"),
        (name = "pages", description = "Pages for people, and this document"),
        (name = "webhooks", description = "Called by payment providers")
    ),
    components(schemas(Problem)),
    modifiers(&Credentials, &Guides)
)]
struct Doc;

struct Guides;

impl Modify for Guides {
    /// Guides are read where the endpoints are: as the description of their tag.
    fn modify(&self, document: &mut Document) {
        let of = |name: &str| document.tags.iter().flatten().position(|tag| tag.name == name);
        if let (Some(at), Some(tags)) = (of("tokens"), document.tags.as_mut()) {
            tags[at].description = Some(tokens_guide());
        }
    }
}

/// The life of a token, what to do when it leaks, and how to verify one: its code is run by a test.
fn tokens_guide() -> String {
    const GUIDE: &str = include_str!("../assets/guides/tokens.md");
    const SNIPPETS: [(&str, &str, &str); 3] = [
        ("Python", "python", include_str!("../assets/guides/verify.py")),
        ("TypeScript", "ts", include_str!("../assets/guides/verify.ts")),
        ("Rust", "rust", include_str!("../assets/guides/verify.rs")),
    ];
    let snippets = SNIPPETS.map(|(name, language, code)| format!("\n### {name}\n\n```{language}\n{code}```\n"));
    format!("{GUIDE}{}", snippets.concat())
}

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let mut add = |name: &str, scheme| components.add_security_scheme(name, scheme);
        let cookie = ApiKeyValue::with_description(
            "__Host-session",
            "Set by verify-email and sign-in (`session` on plain http). Calls that change something need our own Origin.",
        );
        add("session_cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let header = ApiKeyValue::with_description("Authorization", "For scripts: `Session <value>`.");
        add("session", SecurityScheme::ApiKey(ApiKey::Header(header)));
        let bearer: Http = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The vendor token of POST /v1/vendor/tokens."))
            .build();
        add("vendor_token", SecurityScheme::Http(bearer));
        let service: Http = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("A token of AgentKeys' own services, which operations issue."))
            .build();
        add("service_token", SecurityScheme::Http(service));
        let signature = ApiKeyValue::with_description("Stripe-Signature", "Made by Stripe over the raw body.");
        add("stripe_signature", SecurityScheme::ApiKey(ApiKey::Header(signature)));
    }
}

/// The document of all endpoints.
pub fn document() -> Document {
    let router = OpenApiRouter::with_openapi(Doc::openapi());
    let (_, document) =
        ENDPOINTS.iter().fold(router, |all, endpoint| all.merge((endpoint.routes)().documented())).split_for_parts();
    document
}

/// The document as the text that is kept beside the code.
///
/// # Errors
/// When it can't be written as JSON.
pub fn json() -> serde_json::Result<String> {
    document().to_pretty_json().map(|text| text + "\n")
}

fn problem(codes: &str) -> RefOr<Response> {
    let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(codes).content("application/problem+json", content).build().into()
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident: $($status:literal = $codes:literal),+;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(($status.to_owned(), problem($codes))),+])
            }
        }
    )*};
}

problems! {
    /// What every endpoint may answer.
    Faults: "500" = "`internal`", "503" = "`unavailable`: safe to retry";
    /// What an endpoint with a JSON body may answer.
    BodyFaults: "400" = "`invalid_request`: the form is wrong; `errors` points at the fields",
        "413" = "`body_too_large`", "415" = "`unsupported_media_type`",
        "422" = "`validation_failed`: a value breaks a rule; `errors` points at the fields";
    /// What an endpoint that needs `If-Match` may answer.
    PreconditionFaults: "412" = "`precondition_failed`: `changed` tells what, `ETag` is the new one",
        "428" = "`precondition_required`: `If-Match` is missing";
    /// What an endpoint with a path or query to read may answer.
    QueryFaults: "400" = "`invalid_request`: the path or the query can't be read";
    /// What an endpoint with a session or a token may answer.
    CallerFaults: "401" = "`unauthenticated`, `token_expired` or `token_revoked`";
    /// What an endpoint that asks a token for a scope, and takes a session too, may answer.
    ScopeFaults: "403" = "`insufficient_scope`";
    /// What an endpoint may answer that registers by a token or a session.
    BusinessFaults: "403" = "`insufficient_scope`, `onboarding_incomplete` with `missing`, or `vendor_suspended`";
    /// What an endpoint with a session may answer.
    SessionFaults: "401" = "`unauthenticated`";
    /// What an endpoint with a service token may answer.
    ServiceFaults: "401" = "`unauthenticated`, `token_expired` or `token_revoked`", "403" = "`insufficient_scope`";
    /// What an endpoint with a vendor token may answer.
    TokenFaults: "401" = "`unauthenticated`, `token_expired` or `token_revoked`",
        "403" = "`onboarding_incomplete` with `missing`, `vendor_suspended` or `insufficient_scope`";
}
