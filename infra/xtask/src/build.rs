//! `cargo xtask build`: the functions as Lambda takes them, for both of its processors.
//!
//! The same source gives the same bytes wherever it is cloned: paths are remapped, no clock is asked, and the zips carry
//! neither times nor owners.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::setup;
use crate::shell::{self, answer, cargo_home, command, root, run as run_command, target};

/// What no zip of a function that requests wait for may exceed, in bytes.
const API_LIMIT: u64 = 4_000_000;
/// The same for the function that devices call.
const REGISTER_LIMIT: u64 = 2_600_000;
/// The function that devices call.
const REGISTER: &str = "devices-register";

/// A processor of Lambda's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arch {
    /// As the template's parameter calls it.
    pub name: &'static str,
    triple: &'static str,
    flag: &'static str,
}

/// Graviton: the template's default.
pub const ARM64: Arch = Arch { name: "arm64", triple: "aarch64-unknown-linux-gnu", flag: "--arm64" };
/// Intel and AMD.
pub const X86_64: Arch = Arch { name: "x86_64", triple: "x86_64-unknown-linux-gnu", flag: "--x86-64" };

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    archs: Vec<Arch>,
    functions: Vec<String>,
}

/// Runs the task.
pub fn run(arguments: &[String]) -> ExitCode {
    let done = parse(arguments, &all()).and_then(|wanted| {
        let mut broken = Vec::new();
        for arch in &wanted.archs {
            build(*arch, &wanted.functions, &[])?;
            broken.extend(sizes(*arch, &wanted.functions)?);
        }
        for_deployment(wanted.archs[0], &wanted.functions)?;
        if broken.is_empty() { Ok(()) } else { Err(broken.join("; ")) }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("build: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// Every function, by its binary.
pub fn all() -> Vec<String> {
    let files = fs::read_dir(root().join("functions/src/bin")).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".rs")?.to_owned())).collect();
    names.sort();
    names
}

fn parse(arguments: &[String], all: &[String]) -> Result<Wanted, String> {
    let (mut archs, mut functions) = (vec![ARM64], Vec::new());
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.strip_prefix("--") {
            Some("arch") => {
                archs = match words.next().map(String::as_str) {
                    Some("arm64") => vec![ARM64],
                    Some("x86_64") => vec![X86_64],
                    Some("both") => vec![ARM64, X86_64],
                    _ => return Err("--arch is one of arm64, x86_64, both".into()),
                };
            }
            Some(_) => return Err(format!("`{word}` is not understood")),
            None if all.contains(word) => functions.push(word.clone()),
            None => return Err(format!("there is no function `{word}`")),
        }
    }
    if functions.is_empty() {
        functions = all.to_vec();
    }
    Ok(Wanted { archs, functions })
}

/// Where the functions for a processor lie: `<function>/bootstrap` and `<function>/bootstrap.zip`.
pub fn folder(arch: Arch) -> PathBuf {
    root().join("target").join(format!("lambda-{}", arch.name))
}

/// Builds and zips functions, and examples beside them (which are not zipped).
pub fn build(arch: Arch, functions: &[String], examples: &[&str]) -> Result<(), String> {
    let library = answer(command("rustc").args(["--print", "target-libdir", "--target", arch.triple]));
    if !library.is_some_and(|folder| Path::new(&folder).is_dir()) {
        return Err(format!(
            "the standard library for {} is missing. Get it with: rustup target add {}",
            arch.name, arch.triple
        ));
    }
    let python = setup::venv(&setup::BUILD)?;
    let folder = folder(arch);
    let select =
        |kind: &str, names: &[&str]| names.iter().flat_map(|name| [kind.to_owned(), (*name).to_owned()]).collect();
    let bins: Vec<&str> = functions.iter().map(String::as_str).collect();
    // cargo-lambda takes either the one or the other.
    let runs: [Vec<String>; 2] = [select("--bin", &bins), select("--example", examples)];
    for targets in runs.iter().filter(|targets| !targets.is_empty()) {
        let mut lambda = command(python.with_file_name("cargo-lambda"));
        lambda.args(["lambda", "build", "--release", arch.flag, "--locked", "--package", "functions"]);
        lambda.args(targets).arg("--lambda-dir").arg(&folder).envs(reproducible()?);
        // It looks for Zig on the path.
        lambda.env("PATH", shell::path_with(python.parent().unwrap_or(&python))?);
        run_command(&mut lambda)?;
    }
    for function in functions {
        let home = folder.join(function);
        let mut zip = command(&python);
        zip.arg(root().join("infra/deploy/zips.py")).arg(home.join("bootstrap")).arg(home.join("bootstrap.zip"));
        if !shell::works(&mut zip) {
            return Err(format!("{function} could not be zipped"));
        }
    }
    Ok(())
}

/// The environment that lets no path and no time into the binaries.
fn reproducible() -> Result<Vec<(&'static str, OsString)>, String> {
    let (cargo, target) = (cargo_home()?, target());
    let places = [(cargo.as_path(), "/cargo"), (target.as_path(), "/target"), (root(), "/portal")];
    // The last that fits wins, and the target folder may lie within the clone.
    let ordered = if target.starts_with(root()) { [places[0], places[2], places[1]] } else { places };
    let remap = ordered.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    // At a fixed address nothing has to be relocated, and so copied, before `main`: a third of the page faults of a cold
    // start. Stack, heap and libraries are still where chance puts them.
    let rust: Vec<_> = remap.chain(["-Crelocation-model=static".to_owned()]).collect();
    let c: Vec<_> = ordered.iter().map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display())).collect();
    Ok(vec![
        ("CARGO_ENCODED_RUSTFLAGS", rust.join("\u{1f}").into()),
        ("CFLAGS", c.join(" ").into()),
        ("SOURCE_DATE_EPOCH", "0".into()),
        ("CARGO_INCREMENTAL", "0".into()),
    ])
}

/// Prints how large they are; a sentence for each zip that is too large.
fn sizes(arch: Arch, functions: &[String]) -> Result<Vec<String>, String> {
    let mut broken = Vec::new();
    println!("\n{:<28}{:>14}{:>12}{:>12}", arch.name, "binary MB", "zip MB", "limit MB");
    for function in functions {
        let home = folder(arch).join(function);
        let size =
            |file: &str| fs::metadata(home.join(file)).map(|found| found.len()).map_err(|error| error.to_string());
        let (binary, zip) = (size("bootstrap")?, size("bootstrap.zip")?);
        let limit = limit(function);
        let shown = limit.map_or_else(|| "-".to_owned(), |limit| format!("{:.2}", mega(limit)));
        println!("{function:<28}{:>14.2}{:>12.3}{shown:>12}", mega(binary), mega(zip));
        if let Some(limit) = limit.filter(|limit| zip > *limit) {
            broken.push(format!("{function} for {} is {zip} bytes zipped, over {limit}", arch.name));
        }
    }
    Ok(broken)
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// The largest zip of a function; none for a job, which nobody waits for.
fn limit(function: &str) -> Option<u64> {
    let source = fs::read_to_string(root().join("functions/src/bin").join(format!("{function}.rs")));
    match function {
        REGISTER => Some(REGISTER_LIMIT),
        _ => source.is_ok_and(|text| text.contains("functions::serve(")).then_some(API_LIMIT),
    }
}

/// Puts the zips where template.yaml looks for them.
fn for_deployment(arch: Arch, functions: &[String]) -> Result<(), String> {
    for function in functions {
        let place = root().join("target/lambda").join(function);
        let zip = folder(arch).join(function).join("bootstrap.zip");
        fs::create_dir_all(&place)
            .and_then(|()| fs::copy(zip, place.join("bootstrap.zip")))
            .map_err(|error| format!("{}: {error}", place.display()))?;
    }
    println!("\ntarget/lambda/ has those for {}; each processor's own are kept in target/lambda-<arch>/", arch.name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ARM64, Wanted, X86_64, parse};

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn everything_is_built_for_the_templates_default() {
        let all = words("a-get b-get");
        assert_eq!(parse(&[], &all), Ok(Wanted { archs: vec![ARM64], functions: all.clone() }));
    }

    #[test]
    fn functions_and_processors_can_be_chosen() {
        let all = words("a-get b-get");
        let wanted = Wanted { archs: vec![ARM64, X86_64], functions: words("b-get") };
        assert_eq!(parse(&words("--arch both b-get"), &all), Ok(wanted));
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let all = words("a-get");
        for wrong in ["c-get", "--arch sparc", "--arch", "--fast"] {
            assert!(parse(&words(wrong), &all).is_err(), "{wrong}");
        }
    }
}
