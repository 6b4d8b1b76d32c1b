//! The code of the guide to verifying tokens, run as it is printed: in Python, TypeScript and Rust.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

use super::commands::{Folder, output, printed, python};
use crate::harness::{Auth, Portal, Vendor, jwt, omni};
use crate::ledgers::at;

#[path = "../../functions/assets/guides/verify.rs"]
mod in_rust;

/// The folder that `npm ci` filled from tests/guides/package-lock.json.
#[expect(clippy::disallowed_methods, reason = "a test is the edge of its program; `cargo xtask test` names the folder")]
fn node_modules() -> PathBuf {
    let folder = std::env::var_os("PORTAL_TEST_NODE").filter(|name| !name.is_empty());
    let folder = folder.unwrap_or_else(|| OsString::from("tests/guides"));
    let folder = PathBuf::from(folder).join("node_modules");
    assert!(
        folder.is_dir(),
        "{} is missing: `cargo xtask test` makes it, or `npm ci` in tests/guides",
        folder.display()
    );
    folder
}

/// The portal, a vendor, and tokens that are not to be accepted.
struct Given {
    portal: Portal,
    vendor: Vendor,
    bad: Vec<(&'static str, String)>,
}

impl Given {
    async fn new() -> Self {
        let (portal, elsewhere) = (Portal::start().await, Portal::start().await);
        let vendor = portal.vendor("folotoy").await;
        let device = serde_json::json!({ "device_id": "FT-0001", "user_omni": omni("11") });
        let registered = portal.register(&vendor.token, "first", device).await.expect(201);
        let (header, claims) = (jwt::header(&vendor.token), jwt::claims(&vendor.token));
        let with = |field: &str, value: Value| {
            let mut changed = claims.clone();
            changed[field] = value;
            changed
        };
        let now = portal.now().await.as_second();
        let (input, signature) = vendor.token.rsplit_once('.').unwrap();
        let bad = vec![
            ("a receipt", registered.str("/receipt").to_owned()),
            ("another portal's", elsewhere.vendor("folotoy").await.token),
            ("forged", jwt::es256(&header, &claims)),
            ("unsigned", format!("{input}.")),
            ("changed", format!("{}.{signature}", jwt::signing_input(&header, &with("scope", "events:write".into())))),
            ("over", portal.signed_by_k1(&header, &with("exp", (now - 61).into())).await),
            ("too early", portal.signed_by_k1(&header, &with("nbf", (now + 120).into())).await),
            ("for the MCP server", portal.signed_by_k1(&header, &with("aud", "agentkeys-mcp".into())).await),
        ];
        Self { portal, vendor, bad }
    }

    /// Runs a program on the good token and on each of the others.
    async fn check(&self, command: impl Fn(&str, &str) -> Command) {
        let url = self.portal.url("");
        let good = output(command(&url, &self.vendor.token)).await;
        let said = String::from_utf8_lossy(&good.stdout).trim().to_owned();
        let Vendor { vendor_id, token_id, .. } = &self.vendor;
        let expected = format!("{vendor_id} {token_id} devices:read devices:write caps:mint usage:read");
        assert_eq!(said, expected, "{}", printed(&good));
        for (what, token) in &self.bad {
            let refused: Output = output(command(&url, token)).await;
            assert!(!refused.status.success(), "{what}: {}", printed(&refused));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_of_the_guide() {
    let given = Given::new().await;
    given
        .check(|url, token| {
            let mut command = Command::new(python());
            command.arg(at("functions/assets/guides/verify.py")).args([url, token]);
            command
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_of_the_guide() {
    let given = Given::new().await;
    let (folder, modules) = (Folder::new(), node_modules());
    std::os::unix::fs::symlink(modules.canonicalize().unwrap(), folder.path().join("node_modules")).unwrap();
    let source = std::fs::read_to_string(at("functions/assets/guides/verify.ts")).unwrap();
    let source = folder.file("verify.mts", &source);
    let mut compile = Command::new("node");
    compile.arg(folder.path().join("node_modules/typescript/bin/tsc")).current_dir(folder.path());
    let strict = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--skipLibCheck"];
    let compiled = output({
        compile.args(strict).arg(&source);
        compile
    })
    .await;
    assert!(compiled.status.success(), "{}", printed(&compiled));
    let program = source.with_extension("mjs");
    given
        .check(|url, token| {
            let mut command = Command::new("node");
            command.arg(&program).args([url, token]);
            command
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_of_the_guide() {
    let given = Given::new().await;
    let keys = given.portal.get("/.well-known/jwks.json", Auth::None).await.expect(200).body;
    let (url, now) = (given.portal.url(""), given.portal.now().await.as_second());
    let claims = in_rust::verify(&given.vendor.token, &keys, &url, now).unwrap();
    assert_eq!(claims["sub"], given.vendor.vendor_id.as_str());
    for (what, token) in &given.bad {
        assert!(in_rust::verify(token, &keys, &url, now).is_err(), "{what}");
    }
}

/// The regular expression of the guide finds real tokens, and not what merely looks like one.
#[tokio::test(flavor = "multi_thread")]
async fn the_shape_by_which_scanners_know_a_token() {
    let given = Given::new().await;
    let guide = std::fs::read_to_string(at("functions/assets/guides/tokens.md")).unwrap();
    let expression = guide.split("```text\n").nth(1).unwrap().lines().next().unwrap();
    let find = |text: &str| {
        let mut command = Command::new(python());
        let script = "import re, sys; sys.exit(0 if re.search(sys.argv[1], sys.argv[2]) else 1)";
        command.args(["-c", script, expression, text]);
        command
    };
    let found = async |text: &str| output(find(text)).await.status.success();
    assert!(found(&format!("TOKEN={} # ours", given.vendor.token)).await);
    assert!(!found(&given.bad[0].1).await, "a receipt is no secret");
    let service = given.portal.service_token("events:write").await;
    assert!(!found(&service).await);
    let services = expression.replace("eyJzdWIiOiJ2ZW5f", "eyJzdWIiOiJzdmNf");
    let mut command = Command::new(python());
    command.args([
        "-c",
        "import re, sys; sys.exit(0 if re.search(sys.argv[1], sys.argv[2]) else 1)",
        &services,
        &service,
    ]);
    assert!(output(command).await.status.success());
}
