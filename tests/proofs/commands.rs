//! Programs that tests call, and folders for them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of a test's own; it goes with the value.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("agentkeys-proof-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file in it with this text.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is left to the system, as any temporary file.
        std::fs::remove_dir_all(&self.0).unwrap_or(());
    }
}

/// The Python that has the packages of tests/requirements.txt.
#[expect(clippy::disallowed_methods, reason = "a test is the edge of its program; `cargo xtask test` names the Python")]
pub fn python() -> OsString {
    std::env::var_os("PORTAL_TEST_PYTHON").filter(|name| !name.is_empty()).unwrap_or_else(|| "python3".into())
}

/// Runs a command to its end, on a thread of its own: the portal that it asks goes on serving.
pub async fn output(mut command: Command) -> Output {
    let program = command.get_program().to_owned();
    let running = tokio::task::spawn_blocking(move || command.output());
    let output = running.await.expect("the thread ends");
    output.unwrap_or_else(|error| panic!("{} can't be started: {error}", program.display()))
}

/// What a program printed, both ways, for the message of a test that fails.
pub fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}
