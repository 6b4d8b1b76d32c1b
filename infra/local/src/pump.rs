//! What Lambda's event source mapping does on AWS: reads the table's stream and hands its batches to the jobs.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use functions::platform::app::App;
use functions::{Job, Trigger};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use crate::aws::{Aws, StreamReader};

/// How often a batch comes again before its first record is given up, as with `MaximumRetryAttempts`.
const ATTEMPTS: u32 = 6;
/// How long anybody waits for the stream to be worked off.
const PATIENCE: Duration = Duration::from_secs(20);

/// The stream on its way to the jobs.
#[derive(Clone)]
pub(crate) struct Pump(Arc<Inner>);

struct Inner {
    wake: Notify,
    asked: AtomicU64,
    records: AtomicU64,
    held: AtomicBool,
    passed: watch::Sender<u64>,
}

impl Pump {
    /// Starts handing over. `apps` has each job's own view of the world.
    pub(crate) fn start(
        aws: &Aws,
        apps: Vec<(&'static Job, App)>,
        checkpoint: Option<PathBuf>,
    ) -> Result<Self, String> {
        let after = checkpoint.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
        let mut reader = StreamReader::open(aws, after)?;
        let (passed, _) = watch::channel(0);
        let (asked, records, held) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        let inner = Inner { wake: Notify::new(), asked, records, held, passed };
        let pump = Self(Arc::new(inner));
        let (aws, this) = (aws.clone(), pump.clone());
        tokio::spawn(async move {
            loop {
                if this.0.held.load(Ordering::SeqCst) {
                    this.0.wake.notified().await;
                    continue;
                }
                let asked = this.0.asked.load(Ordering::SeqCst);
                if let Err(error) = this.drain(&aws, &mut reader, &apps, checkpoint.as_ref()).await {
                    tracing::error!(error, "the table's stream can't be read");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
                this.0.passed.send_replace(asked);
                tokio::select! {
                    () = aws.written().notified() => {}
                    () = this.0.wake.notified() => {}
                }
            }
        });
        Ok(pump)
    }

    async fn drain(
        &self,
        aws: &Aws,
        reader: &mut StreamReader,
        apps: &[(&'static Job, App)],
        checkpoint: Option<&PathBuf>,
    ) -> Result<(), String> {
        loop {
            let batch = reader.next_batch().await?;
            if batch.is_empty() {
                return Ok(());
            }
            self.0.records.fetch_add(batch.len() as u64, Ordering::SeqCst);
            for (job, app) in apps.iter().filter(|(job, _)| job.trigger == Trigger::TableStream) {
                deliver(job, app, batch.clone()).await;
                if aws.redelivers() {
                    deliver(job, app, batch.clone()).await;
                }
            }
            if let (Some(file), Some(position)) = (checkpoint, reader.checkpoint()) {
                std::fs::write(file, position).map_err(|error| format!("{}: {error}", file.display()))?;
            }
        }
    }

    /// Keeps the stream to itself, or hands it over again: so that one can tell what requests need from what jobs need.
    pub(crate) fn hold(&self, held: bool) {
        self.0.held.store(held, Ordering::SeqCst);
        self.0.wake.notify_one();
    }

    /// Until everything that was written so far, and what that led to, is worked off.
    pub(crate) async fn settle(&self) {
        let quiet = async {
            loop {
                let before = self.0.records.load(Ordering::SeqCst);
                let ticket = self.0.asked.fetch_add(1, Ordering::SeqCst) + 1;
                self.0.wake.notify_one();
                let mut passed = self.0.passed.subscribe();
                if passed.wait_for(|done| *done >= ticket).await.is_err() {
                    return;
                }
                if self.0.records.load(Ordering::SeqCst) == before {
                    return;
                }
            }
        };
        if tokio::time::timeout(PATIENCE, quiet).await.is_err() {
            tracing::warn!("the table's stream is not worked off yet");
        }
    }
}

/// Hands a batch to a job, and again from the first record that failed, with growing pauses.
async fn deliver(job: &Job, app: &App, mut batch: Vec<Value>) {
    let mut attempt = 0;
    while !batch.is_empty() {
        let answer = (job.run)(app.clone(), json!({ "Records": batch })).await;
        let failed = match &answer {
            Ok(answer) => answer.pointer("/batchItemFailures/0/itemIdentifier").and_then(Value::as_str),
            Err(_) => batch[0].pointer("/dynamodb/SequenceNumber").and_then(Value::as_str),
        };
        let Some(failed) = failed.map(str::to_owned) else {
            return;
        };
        let number = |record: &Value| {
            record.pointer("/dynamodb/SequenceNumber").and_then(Value::as_str) == Some(failed.as_str())
        };
        let at = batch.iter().position(number).unwrap_or(0);
        attempt = if at > 0 { 1 } else { attempt + 1 };
        batch.drain(..at);
        if attempt >= ATTEMPTS {
            tracing::error!(
                function = job.function,
                record = failed,
                "given up; on AWS it goes to the dead-letter queue"
            );
            batch.remove(0);
            attempt = 0;
        }
        tokio::time::sleep(Duration::from_millis(50 << attempt)).await;
    }
}
