//! `cargo xtask test`: everything that has to hold before a change is merged.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use crate::counts::Counts;
use crate::graph;
use crate::report::Report;
use crate::setup;
use crate::shell::{cargo, command, name, not_started, root, run as run_command, show, target};

/// Runs all steps, whatever the earlier ones said.
pub fn run() -> ExitCode {
    let mut report = Report::default();
    report.step("C compiler", setup::c_compiler);
    let python = report.step("Python packages for tests", || setup::venv(&setup::TESTS));
    let node = report.step("Node packages for tests", setup::node);
    report.step("formatting", || {
        setup::component("rustfmt", "fmt")?;
        run_command(&mut cargo(["fmt", "--all", "--check"]))
    });
    report.step("lints", || {
        setup::component("clippy", "clippy")?;
        run_command(&mut cargo(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))
    });
    report.step("documentation", || {
        let mut doc = cargo(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"]);
        run_command(doc.env("RUSTDOCFLAGS", "-D warnings"))
    });
    report.step("dependencies and licences", || {
        let deny = setup::tool(&setup::DENY)?;
        let graph = ["--workspace", "--all-features", "--locked"];
        run_command(command(deny).args(graph).args(["check", "bans", "licenses", "sources"]))
    });
    report.step("unused dependencies", || {
        let machete = setup::tool(&setup::MACHETE)?;
        run_command(command(machete).arg("--skip-target-dir"))
    });
    report.step("template", lint_template);
    report.step("template's weak spots", || {
        let checkov = setup::venv(&setup::CHECKOV)?.with_file_name("checkov");
        run_command(command(checkov).args(["--config-file", "infra/deploy/checkov.yaml"]).current_dir(root()))
    });
    report.step("one of each in a function", graph::one_of_each);
    report.step("deployed stack", || deployed_stack(python.as_deref()));
    report.tests("tests", || tests(python, node));
    report.close()
}

/// Lints the template, and reads it as the ledger does.
fn lint_template() -> Result<(), String> {
    let python = setup::venv(&setup::CFN_LINT)?;
    let config = ["--config-file", "infra/deploy/cfn-lint.yaml"];
    run_command(command(python.with_file_name("cfn-lint")).args(config).current_dir(root()))
}

/// Builds every function, deploys all of them to a local AWS, and lets the journeys run there.
fn deployed_stack(python: Option<&Path>) -> Result<(), String> {
    let stack_python = setup::venv(&setup::STACK)?;
    run_command(&mut cargo(["build", "--package", "functions", "--bins", "--profile", "deploy", "--locked"]))?;
    run_command(&mut cargo(["build", "--package", "local", "--package", "xtask", "--locked"]))?;
    let tests = test_binary()?;
    let target = target();
    let mut stack = command(stack_python);
    stack.arg(root().join("infra/deploy/stack_test.py")).arg("--tests").arg(tests);
    stack.arg("--binaries").arg(target.join("deploy")).arg("--runner").arg(target.join("debug/local"));
    stack.arg("--xtask").arg(target.join("debug/xtask"));
    if let Some(python) = python {
        stack.env("PORTAL_TEST_PYTHON", python);
    }
    run_command(&mut stack)
}

/// The binary of the package `tests`, which can run against a deployed stack. Cargo says where it is.
fn test_binary() -> Result<PathBuf, String> {
    let mut build = cargo(["test", "--package", "tests", "--lib", "--locked", "--no-run"]);
    show(&build);
    let output = build.output().map_err(|error| not_started(&build, &error))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let place = said.lines().find_map(|line| line.trim().strip_prefix("Executable ")?.rsplit_once('('));
    let place = place.and_then(|(_, rest)| rest.strip_suffix(')'));
    place.map(|place| root().join(place)).ok_or_else(|| format!("the tests' binary was not built:\n{said}"))
}

/// Runs every test of the workspace, shows the output as it comes, and counts.
fn tests(python: Option<PathBuf>, node: Option<PathBuf>) -> (Counts, Result<(), String>) {
    let mut counts = Counts::default();
    let result = stream(python.as_deref(), node.as_deref(), &mut counts);
    (counts, result)
}

fn stream(python: Option<&Path>, node: Option<&Path>, counts: &mut Counts) -> Result<(), String> {
    // The functions' binaries have no tests of their own; clippy has compiled them, and linking each would take minutes.
    let mut tests = cargo(["test", "--workspace", "--lib", "--bin", "xtask", "--locked", "--no-fail-fast"]);
    // A snapshot that differs is a failed test, and is never written here.
    tests.env("INSTA_UPDATE", "no").env_remove("INSTA_FORCE_PASS");
    if let Some(python) = python {
        tests.env("PORTAL_TEST_PYTHON", python);
    }
    if let Some(node) = node {
        tests.env("PORTAL_TEST_NODE", node);
    }
    show(&tests);
    let mut child = tests.stdout(Stdio::piped()).spawn().map_err(|error| not_started(&tests, &error))?;
    let output = child.stdout.take().expect("stdout is piped");
    let read = tally(output, counts);
    let status = child.wait().map_err(|error| format!("{} was lost: {error}", name(&tests)))?;
    read?;
    if status.success() { Ok(()) } else { Err(format!("cargo test ended with {status}")) }
}

/// Passes lines on and adds up those that are results.
fn tally(output: impl Read, counts: &mut Counts) -> Result<(), String> {
    for line in BufReader::new(output).split(b'\n') {
        let line = line.map_err(|error| format!("the tests' output could not be read: {error}"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        counts.add_line(&line);
    }
    Ok(())
}
