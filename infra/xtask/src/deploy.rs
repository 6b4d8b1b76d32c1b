//! `cargo xtask deploy` and `cargo xtask smoke`: Python programs, since AWS's SDK and command for it are there.

use std::process::ExitCode;

use crate::setup;
use crate::shell::{command, root, show};

/// Runs `infra/deploy/<script>.py` with these arguments; it may ask the person who called.
pub fn run(script: &str, arguments: &[String]) -> ExitCode {
    let python = match setup::venv(&setup::DEPLOY) {
        Ok(python) => python,
        Err(reason) => {
            eprintln!("{script}: {reason}");
            return ExitCode::FAILURE;
        }
    };
    let mut program = command(python);
    program.arg(root().join(format!("infra/deploy/{script}.py"))).args(arguments);
    program.stdin(std::process::Stdio::inherit());
    match program.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            show(&program);
            eprintln!("{script}: {error}");
            ExitCode::FAILURE
        }
    }
}
