//! The README's first device: the very lines that a reader pastes.

use std::process::Command;

use super::commands::{Folder, output, printed};
use crate::harness::Portal;
use crate::ledgers::{at, text};

/// Between these two comments lie the tested blocks.
const MARKS: [&str; 2] = ["<!-- tested: first-device -->", "<!-- end of the tested lines -->"];
/// The first line, in which a reader names the portal.
const FIRST: &str = "PORTAL=http://127.0.0.1:8787\n";

/// The shell lines of the section, as one script.
fn script() -> String {
    let readme = text(&at("README.md"));
    let (_, rest) = readme.split_once(MARKS[0]).expect("README.md has no tested section");
    let (section, _) = rest.split_once(MARKS[1]).expect("README.md's tested section has no end");
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split_once("```"));
    let lines = blocks.map(|block| block.expect("a block of README.md has no end").0);
    lines.collect()
}

#[tokio::test]
async fn the_first_device_by_copy_and_paste() {
    let script = script();
    let rest = script.strip_prefix(FIRST).expect("the blocks begin by naming the portal");
    let portal = Portal::start().await;
    let folder = Folder::new();
    let mut bash = Command::new("bash");
    // A reader's shell goes on after a failed line; here each must succeed.
    bash.args(["-euo", "pipefail", "-c"])
        .arg(format!("PORTAL={}\n{rest}", portal.url("")))
        .current_dir(folder.path())
        // The portal is on this machine, whatever proxy the machine has.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1");
    let output = output(bash).await;
    assert!(output.status.success(), "{}", printed(&output));
    let told = String::from_utf8_lossy(&output.stdout);
    let actor = told.lines().last().unwrap_or_default();
    let digits = actor.strip_prefix("0x").unwrap_or_default();
    assert!(
        digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        "no actor omni at the end:\n{}",
        printed(&output)
    );
}

#[test]
fn the_first_screen_has_exactly_two_commands() {
    let readme = text(&at("README.md"));
    let screen: Vec<&str> = readme.lines().take_while(|line| !line.starts_with("## ")).collect();
    let blocks = screen.split(|line| line.starts_with("```")).skip(1).step_by(2);
    let commands: Vec<&str> = blocks.flatten().copied().collect();
    assert_eq!(commands, ["cargo run", "cargo xtask test"]);
}

/// A path that the README names is there; so a file that moves takes its sentence along.
#[test]
fn every_path_is_there() {
    let readme = text(&at("README.md"));
    let words = readme.split(['`', '(', ')', ' ', '\n']);
    let roots = ["functions/", "shared/", "infra/", "tests/", "platform/", "api/vendor/", "jobs/"];
    for word in words.filter(|word| roots.iter().any(|root| word.starts_with(root))) {
        let word = word.trim_end_matches(['.', ',', ':', ';']);
        let found = at(word).exists() || at("functions/src").join(word).exists();
        assert!(found || word.contains('<'), "README.md names {word}");
    }
}
