//! `cargo xtask bench registry` and `bench tokens`: measure in a program of its own, as the functions are built for the deployed-stack test
//! (`--profile deploy`: optimised, quick to build).

use std::process::ExitCode;

use crate::shell::{cargo, run as run_command};

/// Runs the runner's task `what` with these arguments.
pub fn run(what: &str, arguments: &[String]) -> ExitCode {
    let mut bench = cargo(["run", "--package", "local", "--profile", "deploy", "--locked", "--", what]);
    match run_command(bench.args(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}
