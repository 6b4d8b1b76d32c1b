//! Steps with headings, times and a table at the end.

use std::process::ExitCode;
use std::time::Instant;

use crate::counts::Counts;

/// What has been done so far and how it ended.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    passed: u64,
    failed: u64,
}

struct Row {
    name: &'static str,
    ok: bool,
    seconds: f64,
    note: String,
}

impl Report {
    /// Runs a step. One that fails counts as one failure, and the next still runs.
    pub fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T, String>) -> Option<T> {
        let started = begin(name);
        let result = work();
        self.failed += u64::from(result.is_err());
        self.end(name, started, result, String::new())
    }

    /// Runs the tests, whose own counts are what is reported.
    pub fn tests(&mut self, name: &'static str, work: impl FnOnce() -> (Counts, Result<(), String>)) {
        let started = begin(name);
        let (counts, result) = work();
        self.passed += counts.passed;
        // A binary that does not compile, or that dies, reports no failed test; the run is red all the same.
        self.failed += if result.is_err() { counts.failed.max(1) } else { counts.failed };
        let Counts { passed, failed, ignored } = counts;
        self.end(name, started, result, format!("{passed} passed, {failed} failed, {ignored} ignored"));
    }

    fn end<T>(&mut self, name: &'static str, started: Instant, result: Result<T, String>, note: String) -> Option<T> {
        let seconds = started.elapsed().as_secs_f64();
        self.rows.push(Row { name, ok: result.is_ok(), seconds, note });
        match result {
            Ok(value) => {
                println!("── {name}: ok, {seconds:.1} s");
                Some(value)
            }
            Err(reason) => {
                println!("── {name}: FAILED after {seconds:.1} s: {reason}");
                None
            }
        }
    }

    /// Prints the table and, as the very last line, the counts.
    pub fn close(self) -> ExitCode {
        println!("\n══ Result ══");
        for Row { name, ok, seconds, note } in &self.rows {
            let verdict = if *ok { "ok" } else { "FAILED" };
            let line = format!("{name:<28} {verdict:<6} {seconds:>8.1} s   {note}");
            println!("{}", line.trim_end());
        }
        println!("\n{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn begin(name: &str) -> Instant {
    println!("\n══ {name} ══");
    now()
}

#[expect(clippy::disallowed_methods, reason = "a person is told how long a step took; nothing is decided by it")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::{Counts, Report};

    #[test]
    fn a_failed_step_is_one_failure() {
        let mut report = Report::default();
        assert_eq!(report.step("good", || Ok(7)), Some(7));
        assert_eq!(report.step("bad", || Err::<(), _>("it broke".to_owned())), None);
        assert_eq!((report.passed, report.failed), (0, 1));
    }

    #[test]
    fn tests_that_did_not_compile_are_a_failure() {
        let mut report = Report::default();
        report.tests("tests", || (Counts { passed: 3, ..Counts::default() }, Err("no binary".to_owned())));
        assert_eq!((report.passed, report.failed), (3, 1));
    }

    #[test]
    fn failed_tests_count_each() {
        let mut report = Report::default();
        report.tests("tests", || (Counts { passed: 3, failed: 2, ignored: 1 }, Err("101".to_owned())));
        assert_eq!((report.passed, report.failed), (3, 2));
    }
}
