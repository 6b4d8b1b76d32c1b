//! Imports with their chunks. An import is with its vendor's own items; a chunk has an item that says whether it is done
//! and what it came to, and another, which only the report reads, with what each line came to.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::HEXLOWER;
use domain::Error;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::ids::{ImportId, VendorId};
use domain::import::{Counts, Import, Line};
use serde::{Deserialize, Serialize};

use super::vendor::vendor_partition;
use super::{Created, Entity, Item, Key, Read, Row, Transacted, VendorStore, Write, broken, unavailable};

impl Entity for Import {
    const KIND: &'static str = "import";

    fn key(&self) -> Key {
        import_key(self.vendor_id, self.import_id)
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at().as_second())
    }
}

fn import_key(vendor_id: VendorId, import_id: ImportId) -> Key {
    Key::new(vendor_partition(vendor_id), format!("IMPORT#{import_id}"))
}

/// A chunk: begun, and done once it has counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportChunk {
    /// Whose it is.
    pub vendor_id: VendorId,
    /// Of which import.
    pub import_id: ImportId,
    /// Its first line.
    pub first_line: u32,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
    /// What its lines came to, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// When it is forgotten, with its import.
    pub expires_at: Timestamp,
    /// Optimistic lock.
    pub version: u64,
}

impl ImportChunk {
    /// A chunk that is begun.
    pub fn begin(import: &Import, first_line: u32, digest: [u8; 32]) -> Self {
        Self {
            vendor_id: import.vendor_id,
            import_id: import.import_id,
            first_line,
            digest: HEXLOWER.encode(&digest),
            counts: None,
            expires_at: import.expires_at(),
            version: 0,
        }
    }
}

impl Entity for ImportChunk {
    const KIND: &'static str = "import_chunk";

    fn key(&self) -> Key {
        Key::new(partition(self.import_id), format!("CHUNK#{:06}", self.first_line))
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

fn partition(import_id: ImportId) -> String {
    format!("IMPORT#{import_id}")
}

/// What each line of a chunk came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportResult {
    /// Whose it is.
    pub vendor_id: VendorId,
    /// Of which import.
    pub import_id: ImportId,
    /// The first line.
    pub first_line: u32,
    /// The lines as JSON text.
    pub lines: String,
    /// When it is forgotten, with its import.
    pub expires_at: Timestamp,
}

impl Entity for ImportResult {
    const KIND: &'static str = "import_result";

    fn key(&self) -> Key {
        Key::new(partition(self.import_id), format!("RESULT#{:06}", self.first_line))
    }

    fn ttl(&self) -> Option<i64> {
        Some(self.expires_at.as_second())
    }
}

/// The lines of some chunks in order, each chunk with its first line; and where to go on, if there is more.
pub struct ReportPage {
    /// First lines and what followed.
    pub chunks: Vec<(u32, Vec<Line>)>,
    /// Whether there is more.
    pub more: bool,
}

impl VendorStore {
    /// Keeps a new import.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create_import(&self, import: &Import, by: &By) -> Result<(), Error> {
        self.store.create(import, by, None).await.map(drop)
    }

    /// An import of this vendor's.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or its time is over at `now`; [`Error::Unavailable`].
    pub async fn import(&self, import_id: ImportId, now: Timestamp) -> Result<Import, Error> {
        let key = import_key(self.vendor_id, import_id);
        let row: Option<Row<Import>> = self.store.get(&key, Read::Consistent).await?;
        row.map(|row| row.item).filter(|import| now < import.expires_at()).ok_or(Error::NotFound)
    }

    /// Imports, newest first: at most `limit`, after the place `after`; and where to go on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn imports_page(
        &self,
        limit: usize,
        after: Option<ImportId>,
    ) -> Result<(Vec<Import>, Option<ImportId>), Error> {
        let pk = vendor_partition(self.vendor_id);
        let start = after.map(|after| import_key(self.vendor_id, after).attributes());
        let range = (pk, "IMPORT#".to_owned(), "IMPORT#~".to_owned());
        // One more than asked for is read, so that a next page is told of only where there is one.
        let (items, _) = self.in_range(range, limit + 1, false, start).await?;
        let rows = items.into_iter().map(Row::from_item).collect::<Result<Vec<Row<Import>>, _>>()?;
        let mut imports: Vec<Import> = rows.into_iter().map(|row| row.item).collect();
        let more = imports.len() > limit;
        imports.truncate(limit);
        let next = imports.last().filter(|_| more).map(|import| import.import_id);
        Ok((imports, next))
    }

    /// Begins a chunk; as it stands, if it was begun before.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_chunk(&self, chunk: &ImportChunk, by: &By) -> Result<ImportChunk, Error> {
        match self.store.create(chunk, by, None).await? {
            Created::New => Ok(chunk.clone()),
            Created::Existing(item) => Ok(Row::from_item(*item)?.item),
        }
    }

    /// Ends a chunk that was begun: what its lines came to. Who is second finds what the first one wrote.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn end_chunk(&self, begun: &ImportChunk, lines: &[Line], by: &By) -> Result<Counts, Error> {
        let counts = Counts::of(lines);
        let done = ImportChunk { counts: Some(counts), version: begun.version + 1, ..begun.clone() };
        let result = ImportResult {
            vendor_id: begun.vendor_id,
            import_id: begun.import_id,
            first_line: begun.first_line,
            lines: serde_json::to_string(lines).map_err(broken)?,
            expires_at: begun.expires_at,
        };
        let writes = vec![
            Write::Replace(Row::new(&done, by).into_item()?, done.version),
            Write::Create(Row::new(&result, by).into_item()?),
        ];
        match self.store.transact(writes).await? {
            Transacted::Done => Ok(counts),
            Transacted::Refused(_) => {
                let row: Option<Row<ImportChunk>> = self.store.get(&begun.key(), Read::Consistent).await?;
                row.and_then(|row| row.item.counts).ok_or_else(|| broken("a chunk that nobody ended"))
            }
            Transacted::Busy => Err(Error::Unavailable("the same chunk comes twice at once".into())),
        }
    }

    /// The chunks of an import that are done, each by its first line.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn done_chunks(&self, import: &Import) -> Result<Vec<(u32, Counts)>, Error> {
        let (mut done, mut start) = (Vec::new(), None);
        loop {
            let range = (partition(import.import_id), "CHUNK#".to_owned(), "CHUNK#~".to_owned());
            let (items, more) = self.in_range(range, 1000, true, start).await?;
            for item in items {
                let chunk: ImportChunk = Row::from_item(item)?.item;
                done.extend(chunk.counts.map(|counts| (chunk.first_line, counts)));
            }
            start = more;
            if start.is_none() {
                return Ok(done);
            }
        }
    }

    /// What lines came to: up to `chunks` chunks from the one that begins with `first_line` on, as far as one call goes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn report_page(&self, import: &Import, first_line: u32, chunks: usize) -> Result<ReportPage, Error> {
        let range = (partition(import.import_id), format!("RESULT#{first_line:06}"), "RESULT#~".to_owned());
        let (items, more) = self.in_range(range, chunks, true, None).await?;
        let read = |item: Item| {
            let result: ImportResult = Row::from_item(item)?.item;
            Ok((result.first_line, serde_json::from_str(&result.lines).map_err(broken)?))
        };
        Ok(ReportPage { chunks: items.into_iter().map(read).collect::<Result<_, Error>>()?, more: more.is_some() })
    }

    /// One query of a range of sort keys (partition, from, to), and where it stopped.
    async fn in_range(
        &self,
        (pk, from, to): (String, String, String),
        limit: usize,
        forward: bool,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), Error> {
        let values = [(":pk", pk), (":from", from), (":to", to)];
        let values: HashMap<String, AttributeValue> =
            values.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).collect();
        let query = self.store.client.query().table_name(&self.store.table);
        let answer = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .set_expression_attribute_values(Some(values))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .scan_index_forward(forward)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(unavailable)?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}
