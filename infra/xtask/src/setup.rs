//! What a bare Debian machine with Rust and Python lacks. Each part says what it installs and why, once.

use std::fs;
use std::path::PathBuf;

use crate::shell::{answer, cache, cargo, command, root, run, works};

/// A tool that cargo builds into the cache folder.
pub struct Tool {
    /// Its crate, and the name of its program.
    pub name: &'static str,
    /// The one version that is used.
    pub version: &'static str,
    /// What it is for.
    pub why: &'static str,
}

/// Checks which crates are in the graph, under which licence, from where.
pub const DENY: Tool =
    Tool { name: "cargo-deny", version: "0.20.2", why: "it checks licences, sources and banned crates" };
/// Finds dependencies that no file uses.
pub const MACHETE: Tool =
    Tool { name: "cargo-machete", version: "0.9.2", why: "it finds dependencies that nothing uses" };

/// Python packages in a venv of their own in the cache folder.
pub struct Venv {
    /// The venv's folder.
    pub folder: &'static str,
    /// The file that pins its packages.
    pub requirements: &'static str,
    /// What they are for.
    pub why: &'static str,
}

/// What tests call.
pub const TESTS: Venv = Venv {
    folder: "venv",
    requirements: "tests/requirements.txt",
    why: "tests verify tokens with PyJWT, check the OpenAPI document and try the API with schemathesis",
};
/// What reads the template.
pub const CFN_LINT: Venv = Venv {
    folder: "venv-cfn-lint",
    requirements: "infra/deploy/requirements/cfn-lint.txt",
    why: "cfn-lint knows what CloudFormation and SAM accept",
};
/// What looks for weak spots in the template.
pub const CHECKOV: Venv = Venv {
    folder: "venv-checkov",
    requirements: "infra/deploy/requirements/checkov.txt",
    why: "checkov knows what a template should not leave open",
};
/// What runs the template.
pub const STACK: Venv = Venv {
    folder: "venv-stack",
    requirements: "infra/deploy/requirements/stack.txt",
    why: "a local AWS runs the deployed stack, and the AWS command deploys it",
};

/// What builds for Lambda.
pub const BUILD: Venv = Venv {
    folder: "venv-build",
    requirements: "infra/deploy/requirements/build.txt",
    why: "cargo-lambda builds for Lambda's system, and Zig links for its other processor",
};
/// What deploys.
pub const DEPLOY: Venv = Venv {
    folder: "venv-deploy",
    requirements: "infra/deploy/requirements/deploy.txt",
    why: "AWS's own SDK and command look at the account, package and deploy",
};

/// Makes sure that C can be compiled.
pub fn c_compiler() -> Result<(), String> {
    if works(command("cc").arg("--version")) {
        return Ok(());
    }
    apt_get("build-essential", "there is no C compiler (`cc`), and ring and SQLite are compiled from C")
}

/// Makes sure that a venv's requirements, and no others, are installed in it; returns its Python.
pub fn venv(venv: &Venv) -> Result<PathBuf, String> {
    if !works(command("python3").args(["-c", "import ensurepip, venv"])) {
        apt_get("python3-venv", "`python3 -m venv` does not work, and some checks are Python packages")?;
    }
    let wanted = root().join(venv.requirements);
    let requirements = fs::read_to_string(&wanted).map_err(|error| format!("{}: {error}", wanted.display()))?;
    let home = cache()?.join(venv.folder);
    let python = home.join("bin/python");
    let stamp = home.join("installed-requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements)
        && works(command(&python).arg("--version"))
    {
        return Ok(python);
    }

    println!("Installing {} into {}:", venv.requirements, home.display());
    println!("{}.", venv.why);
    run(command("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let quietly = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet", "--requirement"];
    run(command(&python).args(quietly).arg(&wanted))?;
    fs::write(&stamp, requirements).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(python)
}

/// Makes sure that the packages of tests/guides are installed; returns the folder that has them.
pub fn node() -> Result<PathBuf, String> {
    for (program, package) in [("node", "nodejs"), ("npm", "npm")] {
        if !works(command(program).arg("--version")) {
            apt_get(package, &format!("there is no `{program}`, and the guides' TypeScript is compiled and run"))?;
        }
    }
    let wanted = root().join("tests/guides");
    let lock = fs::read_to_string(wanted.join("package-lock.json")).map_err(|error| error.to_string())?;
    let home = cache()?.join("node");
    let stamp = home.join("installed-lock.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(home);
    }
    println!("Installing the packages of tests/guides into {}:", home.display());
    println!("tests compile and run the TypeScript of the guides.");
    fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(wanted.join(file), home.join(file)).map_err(|error| format!("{file}: {error}"))?;
    }
    run(command("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&home))?;
    fs::write(&stamp, lock).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(home)
}

/// Makes sure that this very version of a tool is in the cache folder; returns its program.
pub fn tool(tool: &Tool) -> Result<PathBuf, String> {
    let Tool { name, version, why } = *tool;
    let home = cache()?.join("tools");
    let program = home.join("bin").join(name);
    let says = answer(command(&program).arg("--version"));
    // One of them prints its version alone, the other after its name.
    if says.is_some_and(|says| says.split_whitespace().next_back() == Some(version)) {
        return Ok(program);
    }

    println!("Installing {name} {version} into {}: {why}. This takes minutes, once.", home.display());
    let scratch = home.join(format!("build-{name}"));
    let mut install = cargo(["install", "--locked", "--version", version, "--force"]);
    install.arg("--root").arg(&home).arg("--target-dir").arg(&scratch).arg(name);
    run(&mut install)?;
    fs::remove_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    Ok(program)
}

/// Fails, with the way out, when cargo lacks a component of the toolchain.
pub fn component(component: &str, subcommand: &str) -> Result<(), String> {
    if works(&mut cargo([subcommand, "--version"])) {
        return Ok(());
    }
    Err(format!("`cargo {subcommand}` is missing. Get it with: rustup component add {component}"))
}

/// Installs a Debian package, when we may.
fn apt_get(package: &str, why: &str) -> Result<(), String> {
    let root = answer(command("id").arg("-u")).is_some_and(|id| id == "0");
    if !root || !works(command("apt-get").arg("--version")) {
        return Err(format!("{why}. Install it as root: apt-get install {package}"));
    }
    println!("Installing {package}: {why}.");
    run(command("apt-get").args(["-qq", "update"]))?;
    let unattended = ["-qq", "install", "--yes", "--no-install-recommends", package];
    run(command("apt-get").args(unattended).env("DEBIAN_FRONTEND", "noninteractive"))
}
