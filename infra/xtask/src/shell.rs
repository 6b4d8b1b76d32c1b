//! Folders, environment and commands.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What `cargo run` tells this process about its own package. Passed on, it would look to build scripts like a changed
/// environment, and half the dependencies would be compiled again after each switch between `cargo xtask` and `cargo`.
const SET_BY_CARGO_RUN: &[&str] = &[
    "CARGO",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// The top of the repository.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("infra/xtask lies two folders below the top")
}

/// Where cargo puts what it builds.
pub fn target() -> PathBuf {
    variable("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The folder for what outlives a build: tools and Python packages.
pub fn cache() -> Result<PathBuf, String> {
    let caches = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| Path::new(&home).join(".cache")))
        .ok_or("neither XDG_CACHE_HOME nor HOME is set, so there is no place for tools")?;
    Ok(caches.join("agentkeys-vendor-portal"))
}

/// Where cargo keeps the sources of dependencies.
pub fn cargo_home() -> Result<PathBuf, String> {
    let home = || variable("HOME").map(|home| Path::new(&home).join(".cargo"));
    variable("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .ok_or_else(|| "neither CARGO_HOME nor HOME is set".to_owned())
}

/// The search path with a folder before all others.
pub fn path_with(folder: &Path) -> Result<OsString, String> {
    let path = variable("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).map_err(|error| error.to_string())
}

#[expect(clippy::disallowed_methods, reason = "the task runner is the program's edge; it has no Env to be given")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A command that runs at the top of the repository.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root()).stdin(Stdio::null());
    for name in SET_BY_CARGO_RUN {
        command.env_remove(name);
    }
    command
}

/// `cargo` with these arguments.
pub fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = command("cargo");
    command.args(arguments);
    command
}

/// Shows a command, runs it with its output going where ours goes, and says how it failed.
pub fn run(command: &mut Command) -> Result<(), String> {
    show(command);
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", name(command))) }
}

/// Prints the command as one would type it.
pub fn show(command: &Command) {
    let words: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    println!("$ {} {}", name(command), words.join(" "));
}

/// What a command prints, when it succeeds.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a command can be run at all and succeeds; its output is thrown away.
pub fn works(command: &mut Command) -> bool {
    answer(command).is_some()
}

/// The sentence for a command that could not be started.
pub fn not_started(command: &Command, error: &std::io::Error) -> String {
    format!("{} could not be started: {error}", name(command))
}

/// The program's name without its folder.
pub fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}
