//! `stream-audit`: turns every change of the table into its row of the audit log.

use domain::audit::describe;
use domain::ids::VendorId;
use serde_json::{Map, Value};

use super::stream::{Outcome, image, records};
use crate::JobFuture;
use crate::platform::app::App;
use crate::platform::store::audit::StoredAudit;
use crate::platform::store::binding;

/// The job.
pub fn run(app: App, event: Value) -> JobFuture {
    Box::pin(async move {
        let records = records(event)?;
        let mut rows = Vec::new();
        for record in &records {
            let change = &record.change;
            rows.extend(row(
                &record.event_id,
                image(&change.old_image)?,
                image(&change.new_image)?,
            ));
        }
        // All rows or the whole batch again: the same records write the same rows.
        if let Err(error) = app.store_of_all_vendors()?.append_audit(&rows).await {
            tracing::error!(%error, records = records.len(), "audit rows could not be written; the batch comes again");
            return match records.first() {
                Some(first) => Outcome::failed_at(first).into_value(),
                None => Err(error),
            };
        }
        Outcome::default().into_value()
    })
}

fn row(record: &str, before: Option<Map<String, Value>>, after: Option<Map<String, Value>>) -> Option<StoredAudit> {
    let spelled = |image: Option<Map<String, Value>>| {
        image.map(|mut image| {
            if image.get("kind").and_then(Value::as_str) == Some("binding") {
                binding::spell_out(&mut image);
            }
            image
        })
    };
    let (before, after) = (spelled(before), spelled(after));
    let vendor_id: VendorId = after.as_ref()?.get("vendor_id")?.as_str()?.parse().ok()?;
    let row = describe(record, before.as_ref(), after.as_ref())?;
    Some(StoredAudit { vendor_id, row })
}
