//! `ENDPOINTS` and `JOBS` against the binaries: every function has one, and it serves its own routes and no other.

use std::collections::{BTreeMap, BTreeSet};

use functions::{ENDPOINTS, JOBS};

use super::{at, files, text};

/// For each function, what it runs, by the path below `functions::`.
type Handlers = BTreeMap<String, BTreeSet<String>>;

/// As the two tables in the source say it: a function pointer has no name that a test could read.
fn in_the_tables() -> Handlers {
    let mut handlers = Handlers::new();
    let source = text(&at("functions/src/lib.rs"));
    let mut note = |function: &str, handler: &str| {
        handlers.entry(function.to_owned()).or_default().insert(handler.trim().to_owned());
    };
    for entry in source.split("endpoint(\"").skip(1) {
        let (function, rest) = entry.split_once('"').expect("a name in quotes");
        let arguments = rest.split_once("),\n").expect("the end of an entry").0;
        note(function, arguments.rsplit(',').next().expect("a last argument"));
    }
    for entry in source.split("function: \"").skip(1) {
        let (function, rest) = entry.split_once('"').expect("a name in quotes");
        let run = rest.split_once("run: ").expect("what it runs").1;
        note(function, run.split([' ', ',', '}', '\n']).next().expect("a path"));
    }
    handlers
}

/// As the binaries do it.
fn in_the_binaries() -> Handlers {
    let binary = |file: std::path::PathBuf| {
        let name = file.file_stem().expect("a file's name").to_string_lossy().into_owned();
        let source = text(&file);
        let words = source.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
        let handlers = words
            .filter_map(|word| word.strip_prefix("functions::"))
            .filter(|handler| handler.contains("::"))
            .map(str::to_owned)
            .collect::<BTreeSet<_>>();
        (name, handlers)
    };
    files("functions/src/bin", ".rs").into_iter().map(binary).collect()
}

#[test]
fn every_function_has_a_binary_that_runs_its_own_handlers() {
    assert_eq!(in_the_binaries(), in_the_tables());
}

#[test]
fn the_tables_were_read_whole() {
    let endpoints = ENDPOINTS.iter().map(|endpoint| endpoint.function);
    let functions: BTreeSet<&str> = endpoints.chain(JOBS.iter().map(|job| job.function)).collect();
    let read = in_the_tables();
    assert_eq!(read.keys().map(String::as_str).collect::<BTreeSet<_>>(), functions);
    let handlers: usize = read.values().map(BTreeSet::len).sum();
    assert_eq!(handlers, ENDPOINTS.len() + JOBS.len());
}

#[test]
fn a_binary_gives_the_logs_its_own_name() {
    for endpoint in ENDPOINTS {
        let function = endpoint.function;
        let source = text(&at(&format!("functions/src/bin/{function}.rs")));
        assert!(source.contains(&format!("\"{function}\"")), "{function} calls itself otherwise");
    }
}

#[test]
fn no_method_and_path_is_there_twice() {
    let mut seen = BTreeSet::new();
    for endpoint in ENDPOINTS {
        let place = (endpoint.method, endpoint.path);
        assert!(seen.insert(place), "{place:?} is served by two endpoints");
    }
}
