//! `cargo run`: the portal on this machine. `cargo run -- demo`: the way to the first device, told step by step.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::aws::Physics;
use local::{Runner, RunnerOptions};
use tracing_subscriber::EnvFilter;

/// Conflicts and limits as on AWS, but no reads that lag: they would puzzle who looks for the first time. Tests have both.
const PHYSICS: Physics = Physics::calm();

/// The AgentKeys Vendor Portal on this machine, with doubles of AWS and Stripe.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The port on 127.0.0.1.
    #[arg(long, default_value_t = 8787, global = true)]
    port: u16,
    /// Keep the state in memory instead of under .local/.
    #[arg(long)]
    ephemeral: bool,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Go the whole way from sign-up to the first registered device, against the running portal or one of its own.
    Demo,
    /// Stand before a stack that is deployed on a local AWS, with Stripe's double and the handles that journeys need.
    Bridge {
        /// The local AWS: one address for everything, told apart by `Host`.
        #[arg(long)]
        gateway: String,
        /// The HTTP API's host.
        #[arg(long)]
        api_host: String,
        /// The host of the Stripe webhook's function URL.
        #[arg(long)]
        webhook_host: String,
    },
    /// Measure what registering costs on AWS, and how fast this machine does it.
    Bench(local::bench::BenchOptions),
    /// Measure how fast tokens are verified.
    BenchTokens,
    /// Print the OpenAPI document.
    Openapi,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match arguments.task {
        None => serve(arguments).await,
        Some(Task::Demo) => demo(arguments.port).await,
        Some(Task::Bridge { gateway, api_host, webhook_host }) => {
            let port = arguments.port;
            local::bridge::serve(local::bridge::BridgeOptions { port, gateway, api_host, webhook_host }).await
        }
        Some(Task::Bench(options)) => local::bench::run(options).await,
        Some(Task::BenchTokens) => local::bench::tokens::run().await,
        Some(Task::Openapi) => print_openapi(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the greeting is for whoever started this")]
async fn serve(arguments: Arguments) -> Result<(), String> {
    let state_dir = (!arguments.ephemeral).then(|| PathBuf::from(".local"));
    let kept = if state_dir.is_some() { "under .local/" } else { "in memory only" };
    let runner =
        Runner::start(RunnerOptions { port: arguments.port, state_dir, physics: PHYSICS, ..RunnerOptions::default() })
            .await?;
    let url = runner.url();
    println!(
        "AgentKeys Vendor Portal   {url}   (state is kept {kept})

  open   {url}/docs              the API, to read and to try
         {url}/_local/mailbox    the mails that the portal sends
         {url}/openapi.json      the contract

  try    cargo run -- demo       from sign-up to the first device, step by step
         curl {url}/v1/vendor/signup -H 'content-type: application/json' \\
              -d '{{\"email\":\"you@example.com\",\"display_name\":\"Your company\"}}'

Ctrl-C stops it."
    );
    stop_signal().await?;
    println!("\nstopping");
    runner.stop().await;
    Ok(())
}

async fn stop_signal() -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(|error| error.to_string()),
        _ = terminate.recv() => Ok(()),
    }
}

/// Against the portal that runs on this port; if none does, against one of its own that leaves nothing behind.
async fn demo(port: u16) -> Result<(), String> {
    local::install_tls_provider();
    let client = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
    let running = format!("http://127.0.0.1:{port}");
    let answers =
        client.get(format!("{running}/_local/clock")).send().await.is_ok_and(|answer| answer.status().is_success());
    let told = |error: local::demo::DemoError| match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    if answers {
        return local::demo::run(client, &running).await.map_err(told);
    }
    let own = Runner::start(RunnerOptions { physics: PHYSICS, ..RunnerOptions::default() }).await?;
    let done = local::demo::run(client, own.url()).await.map_err(told);
    own.stop().await;
    done
}

#[expect(clippy::print_stdout, reason = "the document is what was asked for")]
fn print_openapi() -> Result<(), String> {
    print!("{}", functions::openapi::json().map_err(|error| error.to_string())?);
    Ok(())
}
