//! Adds up what the test binaries say about themselves.

/// How many tests of all binaries passed, failed and were ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests marked `#[ignore]`, which did not run.
    pub ignored: u64,
}

impl Counts {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`; any other line changes nothing.
    pub fn add_line(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        self.passed += before(result, "passed");
        self.failed += before(result, "failed");
        self.ignored += before(result, "ignored");
    }
}

/// The number that stands before a word.
fn before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ';']).collect();
    let at = words.iter().position(|each| *each == word);
    let number = at.and_then(|at| words.get(at.checked_sub(1)?));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn sums_over_binaries() {
        let mut counts = Counts::default();
        for line in [
            "running 4 tests",
            "test money::rounds_down ... ok",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out; finished in 1.10s",
        ] {
            counts.add_line(line);
        }
        assert_eq!(counts, Counts { passed: 13, failed: 2, ignored: 1 });
    }

    #[test]
    fn reads_a_coloured_line() {
        let mut counts = Counts::default();
        counts.add_line("test result: \u{1b}[32mok\u{1b}[0m. 7 passed; 0 failed; 0 ignored; finished in 0.00s");
        assert_eq!(counts, Counts { passed: 7, failed: 0, ignored: 0 });
    }

    #[test]
    fn takes_nothing_from_other_lines() {
        let mut counts = Counts::default();
        counts.add_line("the log said `test result: ok. 99 passed; 99 failed; 0 ignored`");
        counts.add_line("test result: unknown");
        counts.add_line("");
        assert_eq!(counts, Counts::default());
    }
}
