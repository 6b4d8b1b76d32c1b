//! AWS on one machine, at wire level: what the product's SDK clients talk to when they run here.
//!
//! One port on loopback answers for DynamoDB (an embedded engine that keeps DynamoDB's rules), KMS, SES and EventBridge
//! (doubles).
//! Each Lambda function gets an endpoint of its own, `/fn/{function}`, so that every call is attributed to the function
//! that made it and the meter can say what a request would cost. Nothing here knows the product; the product knows
//! nothing of this: it is given an endpoint, as it would be by `AWS_ENDPOINT_URL`.

mod billing;
mod clock;
mod engine;
mod events;
mod kms;
mod meter;
mod physics;
mod ses;
mod stream;
mod wire;

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

use engine::Engine;
use kms::Keys;
use physics::Laws;
use wire::Refusal;

pub use events::{Event, EventBus};
pub use meter::Meter;
pub use physics::{Faults, Limits, Physics};
pub use ses::{Attachment, Mail, Mailbox};
pub use stream::StreamReader;

/// How many calls are worked on at a time. The engine does one after the other anyway; this makes them wait in the order
/// in which they came, so that none waits so long that its client takes it for lost and asks again.
const AT_ONCE: usize = 4;
/// The region of every ARN and event here.
const REGION: &str = "us-east-1";
/// The account of every ARN here.
const ACCOUNT: &str = "000000000000";

/// The injected clock, in whole Unix seconds.
type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What the local AWS is started with.
pub struct AwsOptions {
    /// Where table, key and mails are kept between two runs; `None` keeps all in memory.
    pub state_dir: Option<PathBuf>,
    /// The clock, in whole Unix seconds.
    pub now: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// How it behaves.
    pub physics: Physics,
}

/// A running local AWS; clones share it. It serves until the runtime that started it ends.
#[derive(Clone)]
pub struct Aws(Arc<Inner>);

struct Inner {
    base_url: String,
    engine: Engine,
    laws: Laws,
    keys: Keys,
    mailbox: Mailbox,
    event_bus: EventBus,
    meter: Meter,
    written: Notify,
    requests: AtomicU64,
    turns: Semaphore,
}

impl Aws {
    /// Opens table, key and mailbox (made where they are missing) and serves them on a port that is free, together
    /// with the routes of `extra`.
    pub async fn start(options: AwsOptions, extra: Router) -> Result<Aws, String> {
        let AwsOptions { state_dir, now, physics } = options;
        let dir = state_dir.as_deref();
        if let Some(dir) = dir {
            std::fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(|error| format!("no port on loopback: {error}"))?;
        let address = listener.local_addr().map_err(|error| format!("the port on loopback has no address: {error}"))?;
        let aws = Aws(Arc::new(Inner {
            base_url: format!("http://{address}"),
            engine: Engine::open(dir, now.clone())?,
            laws: Laws::new(physics),
            keys: Keys::open(dir)?,
            mailbox: Mailbox::open(dir, now.clone())?,
            event_bus: EventBus::new(now),
            meter: Meter::default(),
            written: Notify::new(),
            requests: AtomicU64::new(0),
            turns: Semaphore::new(AT_ONCE),
        }));
        let app = wire::router(aws.clone()).merge(extra);
        // Small answers over kept-alive connections: without this, Nagle's algorithm may hold them back 40 ms.
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY was refused");
            }
        });
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the local AWS stopped serving");
            }
        });
        Ok(aws)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> String {
        self.0.base_url.clone()
    }

    /// The `endpoint_url` for the SDK clients of one Lambda function: its calls are metered under that name.
    pub fn endpoint(&self, function: &str) -> String {
        format!("{}/fn/{function}", self.0.base_url)
    }

    /// The engine itself, for what no function does (loading a large data set, looking into a table).
    pub fn database(&self) -> &dynoxide::Database {
        self.0.engine.database()
    }

    /// Puts many items at once, past the stream, the meter and the physics: for a large data set.
    ///
    /// # Errors
    /// What the engine says; then none of them is there.
    pub fn import(&self, items: &[serde_json::Value]) -> Result<usize, String> {
        self.0.engine.import(items.iter())
    }

    /// The item of that key as it lies there, past the meter and the physics, in DynamoDB's JSON.
    pub fn item(&self, pk: &str, sk: &str) -> Option<serde_json::Value> {
        self.0.engine.item(&(pk.to_owned(), sk.to_owned()))
    }

    /// All items as they lie there, past the meter and the physics, in DynamoDB's JSON.
    ///
    /// # Errors
    /// What the engine says.
    pub fn items(&self) -> Result<Vec<serde_json::Value>, String> {
        self.0.engine.items()
    }

    /// Until every read sees all that was written so far, however it may lag.
    pub async fn caught_up(&self) {
        if let Some(moment) = self.0.laws.lag_ends() {
            tokio::time::sleep_until(moment).await;
        }
    }

    /// Whether the batch of the stream that was just delivered comes again.
    pub(crate) fn redelivers(&self) -> bool {
        self.0.laws.redelivers()
    }

    /// The product's one table.
    pub fn table_name() -> &'static str {
        engine::TABLE
    }

    /// The id of K1, the first signing key; the same in every run with the same `state_dir`.
    pub fn key_id(&self) -> &str {
        self.0.keys.first_id()
    }

    /// Makes a further signing key, for a key roll-over, and answers its id.
    pub fn add_key(&self) -> Result<String, String> {
        self.0.keys.add_key()
    }

    /// Begins an outage of KMS, or ends it.
    pub fn set_kms_down(&self, is_down: bool) {
        self.0.keys.set_down(is_down);
    }

    /// Notified after each DynamoDB call that wrote: whoever waits now is woken, and one later `notified()` returns at
    /// once, so a reader of the stream that was busy misses nothing. A wake-up may be idle: look again, then wait.
    pub fn written(&self) -> &Notify {
        &self.0.written
    }

    /// What the functions' calls would cost.
    pub fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// The mails that were sent.
    pub fn mailbox(&self) -> &Mailbox {
        &self.0.mailbox
    }

    /// The events that were published.
    pub fn event_bus(&self) -> &EventBus {
        &self.0.event_bus
    }

    /// The bus's name.
    pub fn event_bus_name() -> &'static str {
        events::BUS
    }

    fn announce_write(&self) {
        self.0.written.notify_waiters();
        self.0.written.notify_one();
    }
}
