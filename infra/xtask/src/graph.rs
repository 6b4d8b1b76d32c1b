//! A deployed function has one TLS stack, one HTTP stack and one crypto provider: each more is megabytes and milliseconds.

use crate::shell::{cargo, name, not_started, show};

/// At most one version of these.
const ONCE: &[&str] = &["h2", "http", "hyper", "ring", "rustls", "rustls-webpki", "tokio"];
/// None of these: ring is the provider, rustls is the TLS.
const NEVER: &[&str] = &["aws-config", "aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"];

/// Looks at the graph of the functions, as they are built for Lambda.
pub fn one_of_each() -> Result<(), String> {
    let arguments =
        ["tree", "--package", "functions", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--locked"];
    let mut tree = cargo(arguments);
    show(&tree);
    let output = tree.output().map_err(|error| not_started(&tree, &error))?;
    if !output.status.success() {
        return Err(format!("{} ended with {}", name(&tree), output.status));
    }
    let faults = faults(&String::from_utf8_lossy(&output.stdout));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

/// What is wrong with the graph that `cargo tree` prints, a crate and its version a line.
fn faults(tree: &str) -> Vec<String> {
    let mut crates: Vec<(&str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?))
        })
        .collect();
    crates.sort_unstable();
    crates.dedup();
    let versions =
        |wanted: &str| crates.iter().filter(|(name, _)| *name == wanted).map(|(_, version)| *version).collect();
    let twice = ONCE.iter().filter_map(|wanted| {
        let versions: Vec<&str> = versions(wanted);
        (versions.len() > 1)
            .then(|| format!("{wanted} is there as {}; find out with `cargo tree -d`", versions.join(" and ")))
    });
    let unwanted = NEVER.iter().filter(|unwanted| crates.iter().any(|(name, _)| name == *unwanted));
    twice.chain(unwanted.map(|unwanted| format!("{unwanted} is in a function"))).collect()
}

#[cfg(test)]
mod tests {
    use super::faults;

    #[test]
    fn one_version_of_each_is_well() {
        assert_eq!(faults("functions v0.1.0 (/portal)\nrustls v0.23.1\nrustls v0.23.1 (*)\nring v0.17.14"), [""; 0]);
    }

    #[test]
    fn a_second_version_is_told() {
        let told = faults("rustls v0.21.0\nrustls v0.23.1");
        assert_eq!(told, ["rustls is there as v0.21.0 and v0.23.1; find out with `cargo tree -d`"]);
    }

    #[test]
    fn a_second_provider_is_told() {
        assert_eq!(faults("ring v0.17.14\naws-lc-rs v1.0.0"), ["aws-lc-rs is in a function"]);
    }
}
