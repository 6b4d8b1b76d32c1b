//! An import as the API shows it.

use domain::clock::rfc3339;
use domain::import::{Format, Import, Progress};
use serde::Serialize;
use utoipa::ToSchema;

/// An import.
#[derive(Serialize, ToSchema)]
pub(super) struct ImportView {
    /// Its name for good.
    #[schema(examples("imp_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    import_id: String,
    /// What the vendor calls it.
    #[schema(examples("lot 7"))]
    name: Option<String>,
    /// `ndjson` or `csv`.
    #[schema(value_type = String, examples("csv"))]
    format: Format,
    /// How many lines it has.
    #[schema(examples(100_000))]
    total_lines: u32,
    /// How many lines each chunk has, but the last.
    #[schema(examples(500))]
    chunk_lines: u32,
    /// Whether it only tells what it would do.
    dry_run: bool,
    /// When it was made.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    created_at: String,
    /// When it is forgotten with its report: 90 days later.
    #[schema(examples("2027-02-20T08:00:00Z"))]
    expires_at: String,
}

impl From<&Import> for ImportView {
    fn from(import: &Import) -> Self {
        Self {
            import_id: import.import_id.to_string(),
            name: import.name.clone(),
            format: import.format,
            total_lines: import.total_lines,
            chunk_lines: import.chunk_lines,
            dry_run: import.dry_run,
            created_at: rfc3339(import.created_at),
            expires_at: rfc3339(import.expires_at()),
        }
    }
}

/// An import and how far it is.
#[derive(Serialize, ToSchema)]
pub(super) struct ProgressView {
    #[serde(flatten)]
    import: ImportView,
    /// `open`, or `complete` once all lines are done.
    #[schema(examples("open"))]
    status: &'static str,
    /// What its lines came to.
    lines: LinesView,
    /// How much is done, rounded down.
    #[schema(examples(42))]
    percent: u32,
    /// The first line that is not done: where to go on after a failure.
    #[schema(examples(501))]
    next_line: Option<u32>,
    /// The lines that are done, in order.
    done: Vec<RangeView>,
}

/// What lines came to.
#[derive(Serialize, ToSchema)]
struct LinesView {
    /// All lines of the import.
    #[schema(examples(100_000))]
    total: u32,
    /// Those that are done.
    #[schema(examples(42_000))]
    done: u32,
    /// New devices; in a dry run, what would be.
    #[schema(examples(41_990))]
    registered: u32,
    /// Devices that were registered already.
    #[schema(examples(7))]
    known: u32,
    /// Lines with a fault; the report says which.
    #[schema(examples(3))]
    rejected: u32,
}

/// Lines that follow each other.
#[derive(Serialize, ToSchema)]
struct RangeView {
    /// The first one.
    #[schema(examples(1))]
    first_line: u32,
    /// The last one.
    #[schema(examples(500))]
    last_line: u32,
}

impl ProgressView {
    /// The view of an import that is so far.
    pub(super) fn of(import: &Import, progress: Progress) -> Self {
        let Progress { counts, ranges, next_line, percent } = progress;
        Self {
            import: import.into(),
            status: if next_line.is_none() { "complete" } else { "open" },
            lines: LinesView {
                total: import.total_lines,
                done: counts.lines(),
                registered: counts.registered,
                known: counts.known,
                rejected: counts.rejected,
            },
            percent,
            next_line,
            done: ranges.into_iter().map(|(first_line, last_line)| RangeView { first_line, last_line }).collect(),
        }
    }
}
