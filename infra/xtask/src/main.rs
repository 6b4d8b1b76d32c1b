//! The project's tasks: `cargo xtask test` proves the whole workspace; `cargo xtask help` tells the others.
//!
//! Only the standard library is used, so that the first task starts within seconds on a machine that has built nothing.

#![expect(clippy::print_stdout, reason = "a task runner talks to the person who called it")]

mod bench;
mod build;
mod counts;
mod deploy;
mod graph;
mod openapi;
mod registry;
mod report;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <task>

  test      install what is missing, then formatting, lints, docs, dependencies, licences and all tests;
            the last line says `N passed, M failed`, and the exit status is 0 only when nothing failed
  build     [--arch arm64|x86_64|both] [function…]: release zips in target/lambda/<function>/bootstrap.zip, and a table of
            their sizes; fails when one is over its limit
  bench     cold-start [function…]: starts functions beside a hello-world Lambda and holds them to their limits
            registry [--devices N] [--requests N]: what registering and the caps cost on AWS, and how fast they are here
            tokens: how fast tokens are verified, beside the bare signature
            cost: what a month costs, from the calls that were measured; writes the table in infra/README.md
  deploy    --stack NAME [--stage dev|prod] [--yes] …: checks, previews, deploys, and runs the smoke journey
  smoke     --stack NAME …: runs the smoke journey against a stack that is there
  openapi   write functions/openapi.json from the routes
  help      this text

Known vulnerabilities need a database from the network, so they are asked for apart: cargo deny check advisories";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::run(),
        ["openapi"] => openapi::run(),
        ["build", ..] => build::run(&arguments[1..]),
        ["bench", ..] => bench::run(&arguments[1..]),
        [script @ ("deploy" | "smoke"), ..] => deploy::run(script, &arguments[1..]),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        ["test" | "openapi", extra, ..] => {
            eprintln!("`{extra}` is one argument too many\n\n{HELP}");
            ExitCode::FAILURE
        }
        [unknown, ..] => {
            eprintln!("there is no task `{unknown}`\n\n{HELP}");
            ExitCode::FAILURE
        }
    }
}
