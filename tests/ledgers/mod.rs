//! Lists that must agree: what the code has, what is written down of it, and what it says in each language.

mod endpoints;
mod items;
mod legal;
mod locales;
mod mails;
mod openapi;
mod source;
pub mod table;
mod template;

use std::fs;
use std::path::{Path, PathBuf};

/// A file or folder of the repository, named from its top.
pub fn at(path: &str) -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    top.expect("this package lies in the repository").join(path)
}

/// What is in a file.
pub fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// All files below a folder of the repository whose names end like this, in order.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![at(folder)]);
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
