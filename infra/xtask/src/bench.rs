//! `cargo xtask bench`: measured, not guessed. Cold starts beside a hello world, and what a month costs.

use std::process::ExitCode;

use crate::build::{self, X86_64};
use crate::registry;
use crate::setup;
use crate::shell::{cargo, command, root, run as run_command, target};

/// Runs the task.
pub fn run(arguments: &[String]) -> ExitCode {
    let done = match arguments {
        [which, functions @ ..] if which == "cold-start" => cold_start(functions),
        [which] if which == "cost" => cost(),
        [which, options @ ..] if which == "registry" => return registry::run("bench", options),
        [which] if which == "tokens" => return registry::run("bench-tokens", &[]),
        _ => Err("it is `bench cold-start [function…]`, `bench registry`, `bench tokens` or `bench cost`".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("bench: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// On this machine's processor, which must be the one that the binaries are for.
fn cold_start(functions: &[String]) -> Result<(), String> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err("cold starts are measured on Linux with an x86_64 processor".to_owned());
    }
    let all = build::all();
    if let Some(unknown) = functions.iter().find(|name| !all.contains(name)) {
        return Err(format!("there is no function `{unknown}`"));
    }
    let functions = if functions.is_empty() { all } else { functions.to_vec() };
    build::build(X86_64, &functions, &["hello"])?;
    let runner = runner()?;
    let mut bench = command("python3");
    bench.arg(root().join("infra/bench/cold_start.py")).arg("--binaries").arg(build::folder(X86_64));
    bench.arg("--hello").arg(build::folder(X86_64).join("hello/bootstrap")).arg("--runner").arg(runner);
    run_command(bench.args(functions))
}

fn cost() -> Result<(), String> {
    let mut bench = command("python3");
    bench.arg(root().join("infra/bench/cost.py")).arg("--runner").arg(runner()?);
    run_command(bench.arg("--write").arg(root().join("infra/README.md")))
}

/// The local runner, whose doubles the functions call.
fn runner() -> Result<std::path::PathBuf, String> {
    setup::c_compiler()?;
    run_command(&mut cargo(["build", "--package", "local", "--locked"]))?;
    Ok(target().join("debug/local"))
}
