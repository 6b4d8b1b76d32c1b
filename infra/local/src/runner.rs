//! Puts the functions and the doubles together and serves them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use functions::platform::app::App;
use functions::platform::http::{Peer, nothing_here, service};
use functions::platform::world::{Env, Random};
use functions::{ENDPOINTS, JOBS};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::aws::{Aws, AwsOptions, Physics};
use crate::clock::LocalClock;
use crate::doubles::stripe::{StripeDouble, StripeOptions};
use crate::pump::Pump;
use crate::routes::{self, Local};

/// The largest body that an HTTP API takes, in bytes.
const GATEWAY_BODY: usize = 10 * 1024 * 1024;
pub(crate) const STRIPE_SECRET_KEY: &str = "sk_test_local";
/// What the double of Stripe signs its notifications with.
pub const STRIPE_WEBHOOK_SECRET: &str = "whsec_local";

/// How to run.
#[derive(Default)]
pub struct RunnerOptions {
    /// The port on 127.0.0.1; 0 takes any that is free.
    pub port: u16,
    /// Where the state is kept; `None` keeps it in memory.
    pub state_dir: Option<PathBuf>,
    /// Which keys are K1, for a roll-over; `None` takes the first alone.
    pub keys: Option<KeyRing>,
    /// How the AWS behind it behaves: [`Physics::aws`] unless there is a reason.
    pub physics: Physics,
}

/// Keys of the local KMS, by id.
#[derive(Clone, Debug)]
pub struct KeyRing {
    /// `K1_KEY_IDS`: the first signs, all are accepted.
    pub accepted: Vec<String>,
    /// `K1_RETIRED_KEY_IDS`: published for the receipts' sake.
    pub retired: Vec<String>,
}

/// The portal, running.
pub struct Runner {
    url: String,
    aws: Aws,
    pump: Pump,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    sweeper: JoinHandle<()>,
    world: World,
}

impl Runner {
    /// Starts everything; the portal answers when this returns.
    ///
    /// # Errors
    /// A sentence for who started it: the port is taken, the state can't be read.
    pub async fn start(options: RunnerOptions) -> Result<Self, String> {
        crate::install_tls_provider();
        let RunnerOptions { port, state_dir, keys, physics } = options;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
            format!("127.0.0.1:{port} can't be used ({error}); stop what runs there, or choose another with --port")
        })?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let url = format!("http://{address}");
        let clock = LocalClock::open(state_dir.as_deref());
        let now = {
            let clock = clock.clone();
            Arc::new(move || clock.now().as_second())
        };
        let stripe = StripeDouble::open(StripeOptions {
            state_file: state_dir.as_ref().map(|dir| dir.join("stripe.json")),
            public_url: url.clone(),
            webhook_url: format!("{url}/webhooks/stripe"),
            webhook_secret: STRIPE_WEBHOOK_SECRET.into(),
            secret_key: STRIPE_SECRET_KEY.into(),
            now: now.clone(),
        })
        .map_err(|error| format!("the state of Stripe's double: {error}"))?;
        let aws_options = AwsOptions { state_dir: state_dir.clone(), now, physics };
        let aws = Aws::start(aws_options, Router::new().nest("/stripe", stripe.api())).await?;
        let keys = keys.unwrap_or_else(|| KeyRing { accepted: vec![aws.key_id().into()], retired: Vec::new() });
        let world = World { aws: aws.clone(), url: url.clone(), clock: clock.clone(), keys };
        let jobs: Vec<_> = JOBS.iter().map(|job| (job, world.app(job.function))).collect();
        let pump = Pump::start(&aws, jobs.clone(), state_dir.map(|dir| dir.join("stream-position")))?;
        let operations = world.app("operations");
        let local = Local {
            aws: aws.clone(),
            clock,
            pump: pump.clone(),
            stripe: stripe.clone(),
            jobs,
            operations,
            world: world.clone(),
        };
        let app = world.functions().merge(routes::router(local)).merge(stripe.pages());
        let app = app.fallback_service(nothing_here(world.app("none"))).layer(middleware::from_fn(gateway));
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(serve(listener, app, stopped));
        let sweeper = tokio::spawn(sweep(aws.clone()));
        Ok(Self { url, aws, pump, stop, server, sweeper, world })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The AWS behind it.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// What a function of that name would have in hand, for what no endpoint does.
    pub fn app(&self, function: &'static str) -> App {
        self.world.app(function)
    }

    /// Keeps the table's stream from the jobs, or hands it over again, to tell what requests need from what jobs need.
    /// While it is held, [`Runner::settle`] waits in vain.
    pub fn hold_stream(&self, held: bool) {
        self.pump.hold(held);
    }

    /// Until the table's stream is worked off and every read sees all that was written.
    pub async fn settle(&self) {
        self.pump.settle().await;
        self.aws.caught_up().await;
    }

    /// Stops: takes nothing new, lets what is under way end (two seconds at most), works the stream off.
    pub async fn stop(self) {
        self.sweeper.abort();
        // Nobody listens any more if the server ended by itself.
        self.stop.send(()).unwrap_or(());
        if tokio::time::timeout(std::time::Duration::from_secs(2), self.server).await.is_err() {
            tracing::debug!("connections were still open");
        }
        self.pump.settle().await;
    }
}

async fn serve(listener: TcpListener, app: Router, stopped: oneshot::Receiver<()>) {
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let until = async { drop(stopped.await) };
    if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(until).await {
        tracing::error!(%error, "the portal stopped serving");
    }
}

/// Deletes what DynamoDB would have: items whose time is over, now and then.
async fn sweep(aws: Aws) {
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        if let Err(error) = aws.sweep().await {
            tracing::warn!(error, "expired items could not be deleted");
        }
    }
}

/// What API Gateway does before a function runs: tells the caller's address and hands over the whole body, of at most
/// 10 MB.
async fn gateway(ConnectInfo(address): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, GATEWAY_BODY).await else {
        return (
            StatusCode::PAYLOAD_TOO_LARGE,
            axum::Json(serde_json::json!({ "message": "Request Entity Too Large" })),
        )
            .into_response();
    };
    parts.extensions.insert(Peer(address.ip()));
    next.run(Request::from_parts(parts, body.into())).await
}

/// What every function is started with.
#[derive(Clone)]
pub(crate) struct World {
    aws: Aws,
    url: String,
    clock: LocalClock,
    keys: KeyRing,
}

impl World {
    /// A function as Lambda would start it: with an environment of its own.
    fn app(&self, function: &str) -> App {
        let settings = self.environment(function);
        let env = Env::new(move |name| settings.get(name).cloned());
        App::new(env, self.clock.injected(), Random::system())
    }

    /// The settings of a function.
    pub(crate) fn environment(&self, function: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("PORTAL_URL", self.url.clone()),
            ("AWS_REGION", "us-east-1".into()),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("AWS_ENDPOINT_URL", self.aws.endpoint(function)),
            ("TABLE_NAME", Aws::table_name().into()),
            ("EVENT_BUS_NAME", Aws::event_bus_name().into()),
            ("K1_KEY_IDS", self.keys.accepted.join(",")),
            ("K1_RETIRED_KEY_IDS", self.keys.retired.join(",")),
            ("MAIL_FROM", "portal@agentkeys.example".into()),
            ("STRIPE_API_BASE", format!("{}/stripe/", self.aws.base_url())),
            ("STRIPE_SECRET_KEY", STRIPE_SECRET_KEY.into()),
            ("STRIPE_WEBHOOK_SECRETS", STRIPE_WEBHOOK_SECRET.into()),
        ])
    }

    /// Every function with its routes, each an instance of its own.
    fn functions(&self) -> Router {
        let mut routes: BTreeMap<&str, Router<App>> = BTreeMap::new();
        for endpoint in ENDPOINTS {
            let own = routes.remove(endpoint.function).unwrap_or_default();
            routes.insert(endpoint.function, own.merge((endpoint.routes)().served()));
        }
        routes
            .into_iter()
            .fold(Router::new(), |all, (function, routes)| all.merge(service(function, routes, self.app(function))))
    }
}
