//! The contract in the hands of tools that know nothing of this portal.

use std::process::Command;

use super::commands::{Folder, output, printed, python};
use crate::harness::Portal;
use crate::ledgers::at;

/// What schemathesis asserts of every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,missing_required_header,\
    ignored_auth";

/// Runs a module of Python's that tests/requirements.txt brings.
async fn run_module<'a>(module: &str, arguments: impl IntoIterator<Item = &'a str>) {
    let folder = Folder::new();
    let mut command = Command::new(python());
    command
        .args(["-m", module])
        .args(arguments)
        .current_dir(folder.path())
        .env("PYTHONPATH", at("tests/proofs"))
        .env("SCHEMATHESIS_HOOKS", "contract_hooks")
        // The portal is on this machine, whatever proxy the machine has.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    let output = output(command).await;
    let hint = match String::from_utf8_lossy(&output.stderr).contains("No module named") {
        true => "it is missing: `cargo xtask test` installs it and names the Python in PORTAL_TEST_PYTHON",
        false => "it found something",
    };
    assert!(output.status.success(), "{module}: {hint}\n{}", printed(&output));
}

/// Tries every operation, with examples and with what they say is wrong, as the caller with this `Authorization`.
async fn try_out(portal: &Portal, authorization: String, more: &[&str]) {
    let (url, document) = (portal.url(""), portal.url("/openapi.json"));
    let header = format!("Authorization: {authorization}");
    let arguments = ["run", &document, "--url", &url, "--header", &header, "--checks", CHECKS];
    let phases = ["--phases", "examples,coverage,fuzzing", "--max-examples", "10"];
    // The same requests in every run.
    let steady = ["--generation-deterministic", "--continue-on-failure"];
    let quiet = ["--no-color", "--warnings", "off"];
    let all = arguments.into_iter().chain(phases).chain(steady).chain(quiet);
    run_module("schemathesis.cli", all.chain(more.iter().copied())).await;
}

#[tokio::test]
async fn the_kept_document_is_openapi() {
    let file = at("functions/openapi.json");
    let file = file.to_str().expect("a path in UTF-8");
    run_module("openapi_spec_validator", ["--schema", "3.1", file]).await;
}

#[tokio::test]
async fn answers_to_a_session_keep_the_contract() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("tried").await;
    // Signing out would end the session that all others need.
    let more = ["--exclude-operation-id", "sign_out"];
    try_out(&portal, format!("Session {}", vendor.session), &more).await;
}

#[tokio::test]
async fn answers_to_a_token_keep_the_contract() {
    let portal = Portal::start().await;
    let vendor = portal.vendor("tried").await;
    try_out(&portal, format!("Bearer {}", vendor.token), &[]).await;
}
