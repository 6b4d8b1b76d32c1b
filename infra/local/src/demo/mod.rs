//! The journey from sign-up to the first registered device, told step by step over HTTP.
//!
//! Nothing here shares code with the portal: the demo asks as a vendor would, and checks what it is told by itself.

mod client;
mod mail;
mod print;
mod verify;

use std::fmt;

use data_encoding::HEXLOWER;
use reqwest::Client;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use tokio::time::Instant;

use self::client::{Answer, Call, Portal};
use self::mail::{token_of, verification_mail};
use self::print::{Paper, shorten};

const DEVICE: &str = "FT-0001";

/// Why the journey ended before its end.
#[derive(Debug)]
pub enum DemoError {
    /// The portal could not be asked, or its answer not read.
    Unreachable {
        /// The request that failed.
        call: String,
        /// What the HTTP client says.
        source: reqwest::Error,
    },
    /// The portal answered, but not what it promises.
    Broken(String),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { call, .. } => write!(f, "{call} got no answer"),
            Self::Broken(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for DemoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::Broken(_) => None,
        }
    }
}

/// A vendor of this journey.
struct Vendor {
    vendor_id: String,
    session: String,
}

/// What the portal said about the device.
struct Binding {
    user: [u8; 32],
    body: Value,
}

/// Walks through the journey against the runner at `base_url` and prints it; `Ok` only if every promise held.
///
/// `client` should keep no cookies: the session goes along as a header, as it does from a script.
pub async fn run(client: Client, base_url: &str) -> Result<(), DemoError> {
    let started = Instant::now();
    let portal = Portal::new(client, base_url, Paper::for_stdout());
    portal.paper.title("From sign-up to the first device", portal.base_url());

    let vendor = sign_up(&portal).await?;
    accept_terms(&portal, &vendor).await?;
    connect_payment(&portal, &vendor).await?;
    let binding = register(&portal, &vendor).await?;
    let actor = recompute_actor(&portal, &vendor, &binding)?;
    verify_receipt(&portal, &vendor, &binding).await?;
    show_trail(&portal, &vendor).await?;

    let elapsed = format!("{:.2} s", started.elapsed().as_secs_f64());
    portal.paper.closing(&[
        ("actor omni", actor.as_str()),
        ("receipt", "verified with /.well-known/jwks.json alone"),
        ("elapsed", elapsed.as_str()),
    ]);
    Ok(())
}

/// Sign-up, the mail, and the confirmation that opens the first session.
async fn sign_up(portal: &Portal) -> Result<Vendor, DemoError> {
    let paper = &portal.paper;
    let email = format!("maker-{}@toys.example", HEXLOWER.encode(&random::<4>()));

    paper.step(1, "Sign up", "An address and a name are enough. A known address would get the same answer.");
    let body = json!({"email": email, "display_name": "Demo Toys", "locale": "en"});
    portal.show(&Call::post("/v1/vendor/signup").json(body), 202).await?;

    paper.step(2, "Open the mail", "The local mailbox has caught it.");
    let inbox = Call::get("/_local/mail");
    let ours = |mails: &Value| verification_mail(mails, &email);
    let (_, (subject, link)) = portal.wait_for("the mail", &inbox, ours).await?;
    let token = token_of(&link).ok_or_else(|| broken(format!("the mail's link carries no token: {link}")))?;
    paper.request(&inbox.line(), None);
    paper.fact("to", &email);
    paper.fact("subject", &subject);
    paper.fact("link", &link.replace(&token, &shorten(&token, 8)));

    paper.step(3, "Confirm the address", "The link works once, for 24 hours. It opens a session.");
    let verify = Call::post("/v1/vendor/verify-email").json(json!({"token": token}));
    let answer = portal.show(&verify, 200).await?;
    Ok(Vendor { vendor_id: answer.text("vendor_id")?, session: answer.text("session")? })
}

/// Reads the current terms and accepts exactly those.
async fn accept_terms(portal: &Portal, vendor: &Vendor) -> Result<(), DemoError> {
    portal.paper.step(4, "Read the terms", "Two documents, each with a version and its fingerprint.");
    let terms = portal.show(&Call::get("/v1/legal/terms"), 200).await?;

    portal.paper.step(5, "Accept them", "Who signed, when and from where is kept with the versions.");
    let body = json!({
        "tos_version": terms.text("tos/version")?,
        "dpa_version": terms.text("dpa/version")?,
        "signatory_name": "Mina Park",
        "signatory_title": "Head of Product",
    });
    let accept = Call::post("/v1/vendor/terms/accept").session(&vendor.session).json(body);
    portal.show(&accept, 200).await?;
    Ok(())
}

/// Connects Stripe: our redirect, a person's part on the hosted page, and the webhook that settles it.
async fn connect_payment(portal: &Portal, vendor: &Vendor) -> Result<(), DemoError> {
    let session = &vendor.session;
    portal.paper.step(6, "Connect a payment rail", "The portal sends the vendor to Stripe's page …");
    let connect = Call::post("/v1/vendor/payment/stripe/connect").session(session);
    let redirect_url = portal.show(&connect, 200).await?.text("redirect_url")?;

    portal.paper.sentence("… where a person presses \"save card\". Here the local double does it.");
    let body = json!({"url": redirect_url, "outcome": "approve"});
    let approve = Call::post("/_local/rails/stripe/complete").json(body);
    portal.show_status(&approve, 200).await?;

    portal.paper.sentence("Stripe's signed webhook tells the portal, and the rail is connected.");
    let payment = Call::get("/v1/vendor/payment").session(session);
    let connected = |body: &Value| (body["status"] == "connected").then_some(());
    let (answer, ()) = portal.wait_for("the payment connection", &payment, connected).await?;
    portal.print(&payment, &answer);
    Ok(())
}

/// Issues the vendor token and registers the first device three times: new, retried, and asked anew.
async fn register(portal: &Portal, vendor: &Vendor) -> Result<Binding, DemoError> {
    let paper = &portal.paper;
    paper.step(7, "Get the vendor token", "Shown once, valid for 90 days, signed with K1.");
    let issue = Call::post("/v1/vendor/tokens").session(&vendor.session).json(json!({"name": "Demo line"}));
    let token = portal.show(&issue, 201).await?.text("token")?;

    let user = random::<32>();
    let body = json!({"device_id": DEVICE, "user_omni": format!("0x{}", HEXLOWER.encode(&user)), "model": "FT-1"});
    let call = Call::post("/v1/vendor/devices/register").bearer(&token).json(body);
    let (key, other_key) = (idempotency_key(), idempotency_key());

    paper.step(8, "Register the first device", "The device gets its actor, and a receipt that anyone can verify.");
    let first = portal.show(&call.clone().idempotency_key(&key), 201).await?;
    first_answer_holds(&first, vendor, &user)?;

    paper.step(9, "Lose the answer, ask again", "The same key gets the same answer, marked as a replay.");
    let replay = portal.show_status(&call.clone().idempotency_key(&key), 200).await?;
    ensure(replay.replayed, "the replay is not marked with Idempotency-Replayed: true")?;
    ensure(replay.body == first.body, "the replay's body differs from the first answer's")?;
    paper.check("the body is equal to the first");

    paper.step(10, "Ask with another key", "The triple is known: no second actor can come of it.");
    let known = portal.show_status(&call.idempotency_key(&other_key), 200).await?;
    for field in ["actor_omni", "binding_id", "receipt"] {
        ensure(known.body[field] == first.body[field], &format!("another key changed the {field}"))?;
    }
    paper.check("the same actor, the same binding, the same receipt");
    Ok(Binding { user, body: first.body })
}

/// Whether the first answer is about what was asked.
fn first_answer_holds(answer: &Answer, vendor: &Vendor, user: &[u8; 32]) -> Result<(), DemoError> {
    ensure(answer.text("device_id")? == DEVICE, "the binding names another device")?;
    let user = format!("0x{}", HEXLOWER.encode(user));
    ensure(answer.text("user_omni")? == user, "the binding names another user")?;
    ensure(!answer.replayed, "the first answer is marked as a replay")?;
    ensure(vendor.vendor_id.starts_with("ven_"), "the vendor's id does not start with ven_")
}

/// Derives the actor from the published formula and compares.
fn recompute_actor(portal: &Portal, vendor: &Vendor, binding: &Binding) -> Result<String, DemoError> {
    let paper = &portal.paper;
    paper.step(11, "Recompute the actor", "It is derived from vendor, device, user and generation: anyone can.");
    let generation = binding.body["generation"].as_u64().and_then(|number| u32::try_from(number).ok());
    let generation = generation.ok_or_else(|| broken("the binding has no generation".to_owned()))?;
    let label = verify::expected_label(&vendor.vendor_id, DEVICE, generation);
    let actor = verify::expected_actor(&vendor.vendor_id, DEVICE, &binding.user, generation);
    ensure(binding.body["actor_label"] == label, "the actor's label is not the one that the formula gives")?;
    ensure(binding.body["actor_omni"] == actor, "the actor omni is not the one that the formula gives")?;
    paper.fact("label", &label);
    paper.fact("actor omni", &actor);
    paper.check("equal to what the portal answered");
    Ok(actor)
}

/// Verifies the receipt as a third party would, with the published keys only.
async fn verify_receipt(portal: &Portal, vendor: &Vendor, binding: &Binding) -> Result<(), DemoError> {
    let paper = &portal.paper;
    paper.step(12, "Verify the receipt", "A third party needs nothing but the published keys.");
    let jwks = portal.show(&Call::get("/.well-known/jwks.json"), 200).await?;
    let receipt = binding.body["receipt"].as_str().ok_or_else(|| broken("the binding has no receipt".to_owned()))?;
    let claims = verify::receipt(receipt, &jwks.body).map_err(broken)?;
    ensure(claims["vendor_id"] == vendor.vendor_id, "the receipt names another vendor")?;
    ensure(claims["sub"] == binding.body["actor_omni"], "the receipt names another actor")?;
    for field in ["device_id", "user_omni", "binding_id", "generation"] {
        ensure(claims[field] == binding.body[field], &format!("the receipt's {field} is not the binding's"))?;
    }
    paper.check("the issuing key's certificate is signed with K1");
    paper.check("the receipt is signed with that key, within the certificate's life");
    paper.check("its claims are the binding's");
    Ok(())
}

/// Shows what the audit log kept of all this.
async fn show_trail(portal: &Portal, vendor: &Vendor) -> Result<(), DemoError> {
    portal.paper.step(13, "Read the trail", "Every change left a row; the retries changed nothing.");
    let audit = Call::get("/v1/vendor/audit?limit=100").session(&vendor.session);
    let registered = |body: &Value| (registrations(body) > 0).then_some(());
    let (answer, ()) = portal.wait_for("the row of the registration", &audit, registered).await?;
    portal.paper.request(&audit.line(), None);
    let mut rows = vec![["time".to_owned(), "type".to_owned(), "who".to_owned()]];
    for row in answer.body["data"].as_array().into_iter().flatten().rev() {
        let cell = |pointer: &str| {
            let text = row.pointer(pointer).and_then(Value::as_str);
            text.map(str::to_owned).ok_or_else(|| broken(format!("a row of the audit log has no {pointer}")))
        };
        rows.push([cell("/at")?, cell("/type")?, cell("/by/who")?]);
    }
    portal.paper.table(&rows);
    let count = registrations(&answer.body);
    ensure(count == 1, &format!("one device was registered, but the log has {count} rows of it"))
}

/// How many registrations a page of the audit log holds.
fn registrations(page: &Value) -> usize {
    let rows = page["data"].as_array().into_iter().flatten();
    rows.filter(|row| row["type"] == "device.registered").count()
}

fn idempotency_key() -> String {
    format!("demo-{}", HEXLOWER.encode(&random::<8>()))
}

#[expect(clippy::disallowed_methods, reason = "the demo stands outside the portal, as a vendor's machine would")]
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the system has random bytes");
    bytes
}

fn broken(sentence: String) -> DemoError {
    DemoError::Broken(sentence)
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), DemoError> {
    if holds { Ok(()) } else { Err(broken(otherwise.to_owned())) }
}
