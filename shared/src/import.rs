//! Lot imports: a factory's file of devices, uploaded in chunks and told line by line.
//!
//! Where a chunk begins and ends is fixed when the import is made. So two chunks never overlap, and the sum over those
//! that are done is exact, in whatever order and however often they come.

use serde::{Deserialize, Serialize};

use crate::FieldError;
use crate::clock::{Timestamp, plus_seconds};
use crate::device::DeviceId;
use crate::ids::{BindingId, ImportId, VendorId};
use crate::omni::{Generation, UserOmni};

/// How many lines an import may have.
pub const MAX_LINES: u32 = 100_000;
/// How many lines a chunk has, at least and at most: as many as are worked off while the caller waits.
pub const CHUNK_LINES: std::ops::RangeInclusive<u32> = 100..=500;
/// How long an import and its report are kept, in seconds (90 days).
pub const KEEP_SECONDS: i64 = 90 * 24 * 3600;

/// How many faults of one line are kept, and how long each may be, in characters: what 500 lines have to say fits into
/// one item.
const FAULTS: usize = 3;
const POINTER: usize = 64;
const DETAIL: usize = 160;

/// How the lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A JSON object on each line.
    Ndjson,
    /// RFC 4180, with a header line.
    Csv,
}

impl Format {
    /// The media type of a chunk.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv",
        }
    }
}

/// An import. It never changes; how far it is, its chunks tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its name for good.
    pub import_id: ImportId,
    /// Whose it is.
    pub vendor_id: VendorId,
    /// What the vendor calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How its lines are written.
    pub format: Format,
    /// How many they are, 1 to [`MAX_LINES`].
    pub total_lines: u32,
    /// How many are in a chunk; in the last one, the rest.
    pub chunk_lines: u32,
    /// Whether it only tells what it would do.
    pub dry_run: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Import {
    /// When it is forgotten.
    pub fn expires_at(&self) -> Timestamp {
        plus_seconds(self.created_at, KEEP_SECONDS)
    }

    /// The last line of the chunk that begins with `first_line`, if one does.
    ///
    /// # Errors
    /// A sentence for the caller when none does.
    pub fn last_line(&self, first_line: u32) -> Result<u32, String> {
        let (size, total) = (self.chunk_lines, self.total_lines);
        match first_line >= 1 && first_line <= total && (first_line - 1).is_multiple_of(size) {
            true => Ok(total.min(first_line - 1 + size)),
            false => Err(format!("expected 1, or a multiple of {size} and 1 more, up to {total}")),
        }
    }

    /// The first line of the chunk that has `line`.
    pub fn chunk_of(&self, line: u32) -> u32 {
        (line.max(1) - 1) / self.chunk_lines * self.chunk_lines + 1
    }

    /// The binding that `line` makes: derived, so that a chunk that is worked off again knows its own.
    pub fn binding_id(&self, line: u32, generation: Generation) -> BindingId {
        self.import_id.child(&format!("{line} {generation}"))
    }

    /// How far it is, from the chunks that are done: each by its first line.
    pub fn progress(&self, done: &[(u32, Counts)]) -> Progress {
        let mut progress = Progress::default();
        let mut firsts: Vec<u32> = done.iter().map(|(first, _)| *first).collect();
        firsts.sort_unstable();
        for first in firsts {
            let last = self.last_line(first).unwrap_or(first);
            match progress.ranges.last_mut() {
                Some((_, end)) if *end + 1 == first => *end = last,
                _ => progress.ranges.push((first, last)),
            }
        }
        for (_, counts) in done {
            progress.counts.registered += counts.registered;
            progress.counts.known += counts.known;
            progress.counts.rejected += counts.rejected;
        }
        let next = match progress.ranges.first() {
            Some((1, last)) => last + 1,
            _ => 1,
        };
        progress.next_line = (next <= self.total_lines).then_some(next);
        progress.percent =
            u32::try_from(u64::from(progress.counts.lines()) * 100 / u64::from(self.total_lines)).unwrap_or(100);
        progress
    }
}

/// What lines came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New devices; in a dry run, what would be.
    pub registered: u32,
    /// Devices that were registered already.
    pub known: u32,
    /// Lines with a fault.
    pub rejected: u32,
}

impl Counts {
    /// All lines.
    pub fn lines(self) -> u32 {
        self.registered + self.known + self.rejected
    }

    /// Of these lines.
    pub fn of(lines: &[Line]) -> Self {
        let mut counts = Self::default();
        for line in lines {
            match line {
                Line::Registered(..) => counts.registered += 1,
                Line::Known(..) => counts.known += 1,
                Line::Rejected(_) => counts.rejected += 1,
            }
        }
        counts
    }
}

/// How far an import is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What its lines came to so far.
    pub counts: Counts,
    /// The lines that are done, first and last, in order.
    pub ranges: Vec<(u32, u32)>,
    /// The first line that is not done, if any.
    pub next_line: Option<u32>,
    /// Rounded down, so that 100 means all.
    pub percent: u32,
}

/// What one line came to, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Line {
    /// It made a binding, or would.
    #[serde(rename = "n")]
    Registered(DeviceId, UserOmni, Generation),
    /// There was a binding.
    #[serde(rename = "k")]
    Known(DeviceId, UserOmni, Generation, BindingId),
    /// It has faults: pointers and details.
    #[serde(rename = "r")]
    Rejected(Vec<(String, String)>),
}

impl Line {
    /// A line with faults. The first three are kept, cut to a bounded length.
    pub fn rejected(faults: &[FieldError]) -> Self {
        let cut = |text: &str, length: usize| text.chars().take(length).collect();
        let each = faults.iter().take(FAULTS).map(|fault| (cut(&fault.pointer, POINTER), cut(&fault.detail, DETAIL)));
        Self::Rejected(each.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn import(total_lines: u32, chunk_lines: u32) -> Import {
        let at: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        Import {
            import_id: ImportId::new(at, [1; 10]),
            vendor_id: VendorId::new(at, [2; 10]),
            name: None,
            format: Format::Csv,
            total_lines,
            chunk_lines,
            dry_run: false,
            created_at: at,
        }
    }

    #[test]
    fn chunks_lie_where_the_import_says() {
        let import = import(1001, 500);
        for (first, last) in [(1, Some(500)), (501, Some(1000)), (1001, Some(1001))] {
            assert_eq!(import.last_line(first).ok(), last);
        }
        for first in [0, 2, 500, 1002, 1501, u32::MAX] {
            assert!(import.last_line(first).is_err(), "{first}");
        }
        assert_eq!([1, 500, 501, 1001].map(|line| import.chunk_of(line)), [1, 1, 501, 1001]);
    }

    #[test]
    fn progress_names_what_is_done_and_what_is_next() {
        let import = import(1001, 500);
        let counts = |registered| Counts { registered, known: 0, rejected: 0 };
        let progress = import.progress(&[(1001, counts(1)), (1, counts(500))]);
        assert_eq!(progress.ranges, [(1, 500), (1001, 1001)]);
        assert_eq!((progress.next_line, progress.percent), (Some(501), 50));
        let progress = import.progress(&[(501, counts(500)), (1001, counts(1)), (1, counts(500))]);
        assert_eq!(progress.ranges, [(1, 1001)]);
        assert_eq!((progress.next_line, progress.percent), (None, 100));
        assert_eq!(import.progress(&[(501, counts(500))]).next_line, Some(1));
    }

    proptest! {
        #[test]
        fn chunks_cover_all_lines_once(total in 1..3000_u32, size in CHUNK_LINES) {
            let import = import(total, size);
            let mut covered = 0;
            for first in 1..=total {
                if let Ok(last) = import.last_line(first) {
                    prop_assert_eq!(first, covered + 1);
                    covered = last;
                }
            }
            prop_assert_eq!(covered, total);
        }
    }
}
