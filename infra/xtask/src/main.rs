//! The project's tasks: `cargo xtask test` proves the whole workspace, `cargo xtask openapi` renews the API document.
//!
//! Only the standard library is used, so that the first task starts within seconds on a machine that has built nothing.

#![expect(clippy::print_stdout, reason = "a task runner talks to the person who called it")]

mod counts;
mod openapi;
mod report;
mod setup;
mod shell;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask <task>

  test      install what is missing, then formatting, lints, docs, dependencies, licences and all tests;
            the last line says `N passed, M failed`, and the exit status is 0 only when nothing failed
  openapi   write functions/openapi.json from the routes
  help      this text

Known vulnerabilities need a database from the network, so they are asked for apart: cargo deny check advisories";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next();
    if let Some(extra) = arguments.next() {
        eprintln!("`{extra}` is one argument too many\n\n{HELP}");
        return ExitCode::FAILURE;
    }
    match task.as_deref() {
        Some("test") => test::run(),
        Some("openapi") => openapi::run(),
        None | Some("help" | "--help" | "-h") => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Some(unknown) => {
            eprintln!("there is no task `{unknown}`\n\n{HELP}");
            ExitCode::FAILURE
        }
    }
}
