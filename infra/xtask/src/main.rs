//! The project's tasks: `cargo xtask test` proves the whole workspace, `cargo xtask openapi` renews the API document.
//!
//! Only the standard library is used, so that the first task starts within seconds on a machine that has built nothing.

#![expect(clippy::print_stdout, reason = "a task runner talks to the person who called it")]

mod counts;
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
  bench     registry [--devices N] [--requests N]: what registering and the caps cost on AWS, and how fast they are here
  openapi   write functions/openapi.json from the routes
  help      this text

Known vulnerabilities need a database from the network, so they are asked for apart: cargo deny check advisories";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::run(),
        ["openapi"] => openapi::run(),
        ["bench", "registry", ..] => registry::run(&arguments[2..]),
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
