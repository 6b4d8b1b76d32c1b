//! `cargo xtask bench registry`: what registering and the caps cost on AWS, and how fast this machine does it.
//!
//! Calls and units are measured by the meter, prices are AWS's list, and what is assumed is said. Nothing here is held to
//! a time: speed is told as a share of what a route that does nothing takes in the same run.

mod cost;
mod fleet;
mod load;
mod rows;
pub mod tokens;
mod vendor;

use clap::Args;

use crate::aws::Physics;
use crate::{Runner, RunnerOptions};
use cost::Cost;
use load::{Load, Speed};
use rows::{ROWS, Row};
use vendor::Vendor;

/// USD for a million registrations, gateway and Lambda included, at most.
const REGISTRATION_LIMIT: f64 = 4.00;
/// What of a registration's gateway and Lambda a device in a batch of 100 costs, at most.
const BATCH_SHARE: f64 = 0.10;

/// What to measure.
#[derive(Args, Clone, Copy)]
pub struct BenchOptions {
    /// Measure a vendor with so many devices too, put straight into the table.
    #[arg(long, default_value_t = 0)]
    pub devices: usize,
    /// How many requests of each kind, one after the other and then again all at once.
    #[arg(long, default_value_t = 400)]
    pub requests: usize,
}

/// A row as it was measured.
struct Measured {
    row: &'static Row,
    cost: Cost,
    speed: Speed,
    /// Of one device's stream jobs, if it makes them work.
    jobs: Option<Cost>,
}

/// Measures and prints.
///
/// # Errors
/// A sentence when something does not answer as it should, or costs more than its limit.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
pub async fn run(options: BenchOptions) -> Result<(), String> {
    println!("{}", cost::ASSUMPTIONS);
    println!("\nOne request, warm. USD are for a million devices.\n");
    println!("{}", cost::HEADING);
    let mut measured = Vec::new();
    for row in ROWS {
        // A portal of its own each: the engine numbers its stream by looking through it, so that writes get slower the
        // more there were.
        let (runner, vendor) = fresh().await?;
        let load = Load { runner: &runner, vendor: &vendor, requests: options.requests };
        let one = load.measure(row).await?;
        runner.stop().await;
        match one {
            Some(one) => {
                println!("{}", one.cost.line(row.name));
                if let Some(jobs) = &one.jobs {
                    println!("{}", jobs.line("  and afterwards, its stream jobs"));
                }
                measured.push(one);
            }
            None => println!("{:<36} not served (404)", row.name),
        }
    }
    print_speed(&measured, options.requests);
    let held = limits(&measured);
    if options.devices > 0 {
        let (runner, vendor) = fresh().await?;
        fleet::measure(&runner, &vendor, options.devices).await?;
        runner.stop().await;
    }
    held
}

/// A portal and a vendor that it knows. Counted on a calm day: a read that lags or a batch left half done is one more call.
async fn fresh() -> Result<(Runner, Vendor), String> {
    let options = RunnerOptions { physics: Physics::calm(), ..RunnerOptions::default() };
    let runner = Runner::start(options).await?;
    let vendor = Vendor::onboard(&runner).await?;
    Ok((runner, vendor))
}

/// Speeds, each beside that of the route that does nothing.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
fn print_speed(measured: &[Measured], requests: usize) {
    let (at_once, nothing) = (load::AT_ONCE, measured.first().map_or(1.0, |first| first.speed.per_second));
    println!(
        "\nThis machine, {requests} requests, {at_once} at a time (batches: 2); doubles, client and stream jobs share its processors.\n"
    );
    println!("{:<36} {:>10} {:>12} {:>9} {:>9}", "", "requests/s", "of nothing's", "p50 ms", "p99 ms");
    for Measured { row, speed, .. } in measured {
        let Speed { per_second, p50, p99 } = speed;
        let share = 100.0 * per_second / nothing;
        println!("{:<36} {per_second:>10.1} {share:>11.1}% {p50:>9.2} {p99:>9.2}", row.name);
    }
}

/// What is held to a limit, and whether it holds.
#[expect(clippy::print_stdout, reason = "the figures are what was asked for")]
fn limits(measured: &[Measured]) -> Result<(), String> {
    let cost = |name: &str| measured.iter().find(|one| one.row.name == name).map(|one| &one.cost);
    let mut broken = Vec::new();
    println!();
    let mut hold = |what: &str, is: f64, limit: f64| {
        let verdict = if is <= limit { "holds" } else { "BROKEN" };
        println!("{what}: {is:.3} USD per million, limit {limit:.3}: {verdict}");
        if is > limit {
            broken.push(what.to_owned());
        }
    };
    if let Some(new) = cost(rows::NEW) {
        hold("a registration", new.usd(), REGISTRATION_LIMIT);
        if let Some(batch) = cost(rows::BATCH) {
            hold("gateway and Lambda of a device in a batch", batch.front_usd(), BATCH_SHARE * new.front_usd());
        }
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(format!("over the limit: {}", broken.join(", "))),
    }
}
