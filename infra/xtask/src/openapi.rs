//! `cargo xtask openapi`: writes the API's document from the routes, so that a test can say whether it is current.

use std::fs;
use std::process::{ExitCode, Stdio};

use crate::shell::{cargo, not_started, root, show};

const FILE: &str = "functions/openapi.json";

/// Runs the task.
pub fn run() -> ExitCode {
    match write() {
        Ok(done) => {
            println!("{FILE} {done}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{FILE} was not written: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn write() -> Result<&'static str, String> {
    let mut print = cargo(["run", "--quiet", "--package", "local", "--", "openapi"]);
    show(&print);
    let output = print.stderr(Stdio::inherit()).output().map_err(|error| not_started(&print, &error))?;
    if !output.status.success() {
        return Err(format!("the command ended with {}", output.status));
    }
    if output.stdout.is_empty() {
        return Err("the command printed nothing".to_owned());
    }
    let file = root().join(FILE);
    if fs::read(&file).is_ok_and(|current| current == output.stdout) {
        return Ok("is current");
    }
    fs::write(&file, &output.stdout).map_err(|error| error.to_string())?;
    Ok("is written")
}
