//! A cap at the gate of an MCP server that asks nobody: a small reference gate with a stock library of another language,
//! which knows the published keys and the revoked list, and lets through what a cap names, while it lives, and nothing
//! else.

use std::fs::File;
use std::process::Command;

use domain::cap::REVOKED_SECONDS;
use serde_json::{Value, json};

use super::commands::{Folder, output, printed, python};
use crate::harness::{Auth, Portal, Vendor, jwt};
use crate::ledgers::at;

const EVERYWHERE: [&str; 6] = ["profile", "work", "family", "child", "travel", "temp"];

/// A portal, a vendor with two devices, and the keys as the gate read them once.
struct World {
    portal: Portal,
    vendor: Vendor,
    actor: String,
    other: String,
    jwks: Value,
}

/// What somebody wants to do with a cap.
fn fetch(cap: &str, actor: &str, namespace: &str) -> Value {
    json!({ "cap": cap, "actor_omni": actor, "op": "fetch", "data_class": "memory", "namespace": namespace })
}

fn with(object: &Value, field: &str, value: Value) -> Value {
    let mut changed = object.clone();
    changed[field] = value;
    changed
}

impl World {
    async fn new() -> Self {
        let portal = Portal::start().await;
        let vendor = portal.vendor("folotoy").await;
        let (actor, other) =
            (portal.actor(&vendor.token, "FT-0001").await, portal.actor(&vendor.token, "FT-0002").await);
        let jwks = portal.get("/.well-known/jwks.json", Auth::None).await.expect(200).body;
        Self { portal, vendor, actor, other, jwks }
    }

    async fn mint(&self, actor: &str, namespaces: &[&str]) -> String {
        let minted = self.portal.mint(&self.vendor.token, actor, namespaces).await.expect(201);
        minted.str("/cap").to_owned()
    }

    /// The gate's verdicts now, with the revoked list as it is now.
    async fn verdicts(&self, asked: &[Value]) -> Vec<String> {
        let now = self.portal.now().await.as_second();
        let revoked = self.portal.revoked_caps().await["revoked"].clone();
        self.verdicts_with(asked, now, &revoked).await
    }

    async fn verdicts_with(&self, asked: &[Value], now: i64, revoked: &Value) -> Vec<String> {
        let cases = json!({
            "issuer": self.portal.url(""), "jwks": self.jwks, "revoked": revoked, "now": now, "asked": asked,
        });
        let folder = Folder::new();
        let file = File::open(folder.file("cases.json", &cases.to_string())).expect("the file that was just written");
        let mut command = Command::new(python());
        command.arg(at("tests/proofs/mcp_gate.py")).stdin(file);
        let output = output(command).await;
        assert!(output.status.success(), "{}", printed(&output));
        serde_json::from_slice(&output.stdout).expect("a list of verdicts")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_opens_what_it_names_and_nothing_else() {
    let world = World::new().await;
    let cap = world.mint(&world.actor, &["family", "profile"]).await;
    let everywhere = EVERYWHERE.map(|namespace| fetch(&cap, &world.actor, namespace));
    let verdicts = world.verdicts(&everywhere).await;
    let open: Vec<&str> = EVERYWHERE
        .into_iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| *verdict == "allowed")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(open, ["profile", "family"], "{verdicts:?}");

    let good = fetch(&cap, &world.actor, "profile");
    let rows = [
        (with(&good, "namespace", json!("profile family")), "not in this namespace"),
        (with(&good, "op", json!("store")), "for another operation"),
        (with(&good, "data_class", json!("payment")), "for other data"),
        (with(&good, "actor_omni", json!(world.other)), "for another actor"),
        (with(&good, "actor_omni", json!(world.actor.to_uppercase())), "for another actor"),
    ];
    let asked: Vec<Value> = rows.iter().map(|(asked, _)| asked.clone()).collect();
    for (verdict, (asked, why)) in world.verdicts(&asked).await.iter().zip(&rows) {
        assert_eq!(*verdict, format!("refused: {why}"), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cap_counts_from_its_first_second_to_its_last() {
    let world = World::new().await;
    let cap = world.mint(&world.actor, &["profile"]).await;
    let claims = jwt::claims(&cap);
    let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
    let asked = [fetch(&cap, &world.actor, "profile")];
    for (now, verdict) in [
        (iat - 61, "refused: not valid yet"),
        (iat, "allowed"),
        (exp - 1, "allowed"),
        (exp, "refused: expired"),
        (exp + 3600, "refused: expired"),
    ] {
        assert_eq!(world.verdicts_with(&asked, now, &json!([])).await, [verdict], "{} seconds after", now - iat);
    }
    // By the portal's own clock.
    world.portal.advance(61).await;
    assert_eq!(world.verdicts(&asked).await, ["refused: expired"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_cap_and_a_released_actor_are_refused_from_the_next_list_on() {
    let world = World::new().await;
    let (first, second) = (world.mint(&world.actor, &["temp"]).await, world.mint(&world.actor, &["temp"]).await);
    let others = world.mint(&world.other, &["temp"]).await;
    let asked = [
        fetch(&first, &world.actor, "temp"),
        fetch(&second, &world.actor, "temp"),
        fetch(&others, &world.other, "temp"),
    ];
    assert_eq!(world.verdicts(&asked).await, ["allowed"; 3]);
    let id = jwt::claims(&first)["jti"].as_str().unwrap().to_owned();
    world.portal.revoke_cap(&world.vendor.token, &id).await.expect(204);
    assert_eq!(world.verdicts(&asked).await, ["refused: the cap is revoked", "allowed", "allowed"]);
    // The list is in the order of the ends, and the portal's clock is told by the second.
    world.portal.advance(1).await;
    let software = crate::harness::Auth::Bearer(&world.vendor.token);
    world.portal.release(software, "FT-0001", "11").await.expect(204);
    let refused = ["refused: the cap is revoked", "refused: the actor is released", "allowed"];
    assert_eq!(world.verdicts(&asked).await, refused);

    // No cap for the released actor; registered again, the device has another, whose caps count.
    world.portal.mint(&world.vendor.token, &world.actor, &["temp"]).await.problem(404, "not_found");
    let again = json!({ "device_id": "FT-0001", "user_omni": crate::harness::omni("11") });
    let again = world.portal.register(&world.vendor.token, "again", again).await.expect(201);
    let next = again.str("/actor_omni");
    assert_ne!(next, world.actor);
    let cap = world.mint(next, &["temp"]).await;
    assert_eq!(world.verdicts(&[fetch(&cap, next, "temp")]).await, ["allowed"]);

    // An entry counts for its own vendor's caps only.
    let now = world.portal.now().await.as_second();
    let nobodys = json!([{ "vendor_id": "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X", "cap_id": id }]);
    assert_eq!(world.verdicts_with(&asked, now, &nobodys).await, ["allowed"; 3]);

    // When the list forgets them, they are over by themselves.
    world.portal.advance(REVOKED_SECONDS).await;
    assert_eq!(world.portal.revoked_caps().await["revoked"], json!([]));
    assert_eq!(world.verdicts(&asked).await, ["refused: expired"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn narrowing_a_vendor_takes_effect_at_the_gate() {
    let world = World::new().await;
    let before = world.mint(&world.actor, &["child"]).await;
    let asked = [fetch(&before, &world.actor, "child")];
    assert_eq!(world.verdicts(&asked).await, ["allowed"]);
    world.portal.set_namespaces(&world.vendor.vendor_id, &["profile"]).await;
    world.portal.advance(30).await;
    // From now on no cap for it is minted, and those of before end by themselves.
    let refused = world.portal.mint(&world.vendor.token, &world.actor, &["child"]).await;
    refused.problem(403, "namespace_not_allowed");
    let after = world.mint(&world.actor, &["profile"]).await;
    world.portal.advance(31).await;
    let asked = [
        fetch(&before, &world.actor, "child"),
        fetch(&after, &world.actor, "child"),
        fetch(&after, &world.actor, "profile"),
    ];
    assert_eq!(world.verdicts(&asked).await, ["refused: expired", "refused: not in this namespace", "allowed"]);
}

/// A genuine cap taken apart, and a way to make others like it: K1 certifies a key of our own, as it would an issuing key.
struct Forge<'a> {
    world: &'a World,
    header: Value,
    claims: Value,
    certificate_header: Value,
    certificate: Value,
}

impl<'a> Forge<'a> {
    async fn of(world: &'a World, cap: &str) -> Self {
        let header = jwt::header(cap);
        let genuine = header["k1_cert"].as_str().unwrap().to_owned();
        let own = jwt::own_jwk();
        let certificate = with(&jwt::claims(&genuine), "cnf", json!({ "jwk": own }));
        let header = with(&header, "kid", json!(jwt::thumbprint(&own)));
        Self { world, header, claims: jwt::claims(cap), certificate_header: jwt::header(&genuine), certificate }
    }

    /// A cap by our own key, with a certificate that says this.
    async fn certified(&self, certificate: &Value) -> String {
        let certificate = self.world.portal.signed_by_k1(&self.certificate_header, certificate).await;
        jwt::es256(&with(&self.header, "k1_cert", json!(certificate)), &self.claims)
    }

    /// A cap by our own key, well certified, with another header or other claims.
    async fn saying(&self, header: (&str, Value), claims: (&str, Value)) -> String {
        let certificate = self.world.portal.signed_by_k1(&self.certificate_header, &self.certificate).await;
        let header = with(&with(&self.header, "k1_cert", json!(certificate)), header.0, header.1);
        jwt::es256(&header, &with(&self.claims, claims.0, claims.1))
    }

    async fn claiming(&self, name: &str, value: Value) -> String {
        self.saying(("alg", json!("ES256")), (name, value)).await
    }

    async fn headed(&self, name: &str, value: Value) -> String {
        self.saying((name, value), ("aud", json!("agentkeys-mcp"))).await
    }
}

/// Each is refused, for that reason; and the same way with nothing changed is allowed.
async fn refuses(world: &World, forge: &Forge<'_>, rows: Vec<(&str, String, &str)>) {
    let unchanged = forge.certified(&forge.certificate).await;
    let caps = rows.iter().map(|(_, cap, _)| cap).chain([&unchanged]);
    let asked: Vec<Value> = caps.map(|cap| fetch(cap, &world.actor, "profile")).collect();
    let verdicts = world.verdicts(&asked).await;
    for ((trick, _, why), verdict) in rows.iter().zip(&verdicts) {
        assert!(verdict.starts_with(&format!("refused: {why}")), "{trick}: {verdict}");
    }
    assert_eq!(verdicts.last().map(String::as_str), Some("allowed"), "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_prove_nothing() {
    let world = World::new().await;
    let cap = world.mint(&world.actor, &["profile"]).await;
    let forge = Forge::of(&world, &cap).await;
    let (genuine_header, claims) = (jwt::header(&cap), &forge.claims);
    let genuine = genuine_header["k1_cert"].as_str().unwrap();
    let (_, signature) = cap.rsplit_once('.').unwrap();
    let issuing = &jwt::claims(genuine)["cnf"]["jwk"];
    let wider = with(claims, "namespaces_allowed", json!(EVERYWHERE));
    let none = jwt::signing_input(&with(&genuine_header, "alg", json!("none")), claims);
    let hs256 = with(&genuine_header, "alg", json!("HS256"));
    let own = |header: &Value| {
        let certificate = jwt::es256(header, &forge.certificate);
        jwt::es256(&with(&forge.header, "k1_cert", json!(certificate)), claims)
    };
    let own_kid = with(&forge.certificate_header, "kid", json!(jwt::thumbprint(&jwt::own_jwk())));
    let k1_by_hs256 = jwt::hs256(
        jwt::pem(&world.jwks["keys"][0]).as_bytes(),
        &with(&forge.certificate_header, "alg", json!("HS256")),
        &forge.certificate,
    );
    let (bad, algorithm) = ("InvalidSignatureError", "InvalidAlgorithmError");
    let rows = vec![
        ("wider claims", format!("{}.{signature}", jwt::signing_input(&genuine_header, &wider)), bad),
        ("another key", jwt::es256(&genuine_header, claims), bad),
        ("alg none", format!("{none}."), algorithm),
        ("alg none, and the signature", format!("{none}.{signature}"), algorithm),
        ("no signature", format!("{}.", jwt::signing_input(&genuine_header, claims)), bad),
        ("HS256 with the issuing key", jwt::hs256(jwt::pem(issuing).as_bytes(), &hs256, claims), algorithm),
        ("HS256 with nothing", jwt::hs256(b"", &hs256, claims), algorithm),
        ("a certificate by one's own key, as K1", own(&forge.certificate_header), bad),
        ("a certificate by one's own key, as itself", own(&own_kid), "the certificate's key is not published"),
        (
            "a certificate by HS256 with K1's public key",
            jwt::es256(&with(&forge.header, "k1_cert", json!(k1_by_hs256)), claims),
            algorithm,
        ),
        (
            "the genuine certificate over one's own signature",
            jwt::es256(&with(&forge.header, "k1_cert", json!(genuine)), claims),
            "signed by another key than the certified one",
        ),
        ("no JWT", "everything".into(), "DecodeError"),
    ];
    refuses(&world, &forge, rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_do_not_cover_it() {
    let world = World::new().await;
    let cap = world.mint(&world.actor, &["profile"]).await;
    let forge = Forge::of(&world, &cap).await;
    let certificate = &forge.certificate;
    let (made, issued) = (forge.claims["iat"].as_i64().unwrap(), certificate["iat"].as_i64().unwrap());
    let life = |from: i64, to: i64| with(&with(certificate, "iat", json!(from)), "exp", json!(to));
    let outside = "not made within its certificate's life";
    let rows = vec![
        ("over before the cap was made", forge.certified(&life(made - 3600, made)).await, outside),
        ("begun after the cap was made", forge.certified(&life(made + 1, made + 3600)).await, outside),
        ("for two hours", forge.certified(&life(issued, issued + 7200)).await, "a certificate that lives too long"),
        ("for texts", forge.certified(&with(certificate, "exp", json!("never"))).await, "a certificate without times"),
        (
            "for receipts only",
            forge.certified(&with(certificate, "use", json!(["receipt"]))).await,
            "the certified key is not for caps",
        ),
        (
            "for what sounds like it",
            forge.certified(&with(certificate, "use", json!("receipt, cap"))).await,
            "the certified key is not for caps",
        ),
        (
            "of another portal",
            forge.certified(&with(certificate, "iss", json!("https://elsewhere.example"))).await,
            "a certificate of another portal",
        ),
        ("with a vendor token for one", forge.headed("k1_cert", json!(world.vendor.token)).await, "MissingRequired"),
        ("with none", forge.headed("k1_cert", Value::Null).await, "no certificate"),
    ];
    refuses(&world, &forge, rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_well_signed_and_no_cap() {
    let world = World::new().await;
    let cap = world.mint(&world.actor, &["profile"]).await;
    let forge = Forge::of(&world, &cap).await;
    let made = forge.claims["iat"].as_i64().unwrap();
    let body = json!({ "device_id": "FT-0001", "user_omni": crate::harness::omni("11") });
    let receipt =
        world.portal.register(&world.vendor.token, "again", body).await.expect(200).str("/receipt").to_owned();
    let certificate = jwt::header(&cap)["k1_cert"].as_str().unwrap().to_owned();
    let rows = vec![
        ("a receipt", receipt, "MissingRequiredClaimError"),
        ("a vendor token", world.vendor.token.clone(), "no certificate"),
        ("a certificate", certificate, "no certificate"),
        ("a receipt's type", forge.headed("typ", json!("agentkeys-binding+jwt")).await, "not of the type"),
        ("no type", forge.headed("typ", Value::Null).await, ""),
        ("an unknown critical extension", forge.headed("crit", json!(["exp"])).await, ""),
        ("another audience", forge.claiming("aud", json!("agentkeys")).await, "InvalidAudienceError"),
        ("another portal", forge.claiming("iss", json!("https://elsewhere.example")).await, "a cap of another portal"),
        ("five minutes and a second", forge.claiming("exp", json!(made + 301)).await, "lives too long"),
        ("no end", forge.claiming("exp", json!("never")).await, ""),
        ("an end before its beginning", forge.claiming("exp", json!(made - 1)).await, "lives too long"),
        ("another actor", forge.claiming("sub", json!(world.other)).await, "for another actor"),
        ("every operation", forge.claiming("op", json!(["fetch", "store"])).await, "for another operation"),
        (
            "namespaces in one text",
            forge.claiming("namespaces_allowed", json!("profile")).await,
            "not in this namespace",
        ),
        ("no namespaces", forge.claiming("namespaces_allowed", json!([])).await, "not in this namespace"),
        ("any namespace", forge.claiming("namespaces_allowed", json!(["*"])).await, "not in this namespace"),
    ];
    refuses(&world, &forge, rows).await;
}
