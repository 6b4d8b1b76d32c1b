//! `stream-audit`: turns every change of the table into its row of the audit log, and tells the world outside of those
//! that concern it.

use aws_lambda_events::event::dynamodb::EventRecord;
use domain::Error;
use domain::audit::describe;
use domain::event::OutboundEvent;
use domain::token::ServiceToken;
use serde_json::{Map, Value};

use super::stream::{Outcome, image, records};
use crate::JobFuture;
use crate::platform::app::App;
use crate::platform::store::audit::{Operations, Owner, StoredAudit};
use crate::platform::store::{Entity, binding};

/// The job.
pub fn run(app: App, event: Value) -> JobFuture {
    Box::pin(async move {
        let mut rows = Vec::new();
        for record in records(event)? {
            match row(&record) {
                Ok(told) => rows.extend(told),
                // What came before it is written; it comes again with all after it, until somebody looks.
                Err(error) => {
                    tracing::error!(%error, record = record.event_id, "a change that the audit log can't tell");
                    keep(&app, &rows).await?;
                    return Outcome::failed_at(&record).into_value();
                }
            }
        }
        // An error here fails the whole batch: it comes again, writes the same rows and tells the same events.
        keep(&app, &rows).await?;
        Outcome::default().into_value()
    })
}

/// Appends the rows, then publishes the events of those that are outbound: nobody hears of what is not in the log.
async fn keep(app: &App, rows: &[StoredAudit]) -> Result<(), Error> {
    app.store_of_all_vendors()?.append_audit(rows).await?;
    let event = |stored: &StoredAudit| match stored.owner {
        Owner::Vendor(vendor_id) => OutboundEvent::of(vendor_id, &stored.row),
        Owner::Operations(_) => None,
    };
    let events: Vec<OutboundEvent> = rows.iter().filter_map(event).collect();
    app.events()?.publish(&events).await
}

fn row(record: &EventRecord) -> Result<Option<StoredAudit>, Error> {
    let (before, after) = (readable(&record.change.old_image)?, readable(&record.change.new_image)?);
    let row = describe(&record.event_id, before.as_ref(), after.as_ref()).map_err(Error::Internal)?;
    let Some(row) = row else { return Ok(None) };
    let text = |name: &str| after.as_ref().and_then(|item| item.get(name)).and_then(Value::as_str);
    let owner = match text("vendor_id").map(str::parse) {
        Some(Ok(vendor_id)) => Owner::Vendor(vendor_id),
        None if text("kind") == Some(ServiceToken::KIND) => Owner::Operations(Operations::Log),
        Some(Err(_)) | None => return Err(Error::Internal(format!("a {} of no vendor", row.kind))),
    };
    let sequence = record.change.sequence_number.clone().unwrap_or_default();
    Ok(Some(StoredAudit { owner, sequence, row }))
}

/// An image as JSON that tells all without the code that wrote it.
fn readable(item: &serde_dynamo::Item) -> Result<Option<Map<String, Value>>, Error> {
    Ok(image(item)?.map(|mut image| {
        if image.get("kind").and_then(Value::as_str) == Some("binding") {
            binding::spell_out(&mut image);
        }
        image
    }))
}
