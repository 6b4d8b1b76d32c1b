//! `stream-work`: works off what handlers wrote down to be done: mails to send, provider events to follow, devices that
//! were active.

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::EventRecord;
use domain::Error;
use serde_dynamo::AttributeValue;
use serde_json::Value;

use super::stream::{Outcome, records};
use super::{activity, links, payments};
use crate::JobFuture;
use crate::platform::app::App;
use crate::platform::parallel;
use crate::platform::store::Entity;
use crate::platform::store::link::LinkRequest;
use crate::platform::store::provider_event::ProviderEvent;

/// How many events of devices are noted at a time.
const AT_ONCE: usize = 16;

/// The job. Records are worked off in order; the first that fails comes again, with all after it. Only the events of
/// devices, which come by the thousands and whose order does not matter, are noted first and side by side.
pub fn run(app: App, event: Value) -> JobFuture {
    Box::pin(async move {
        let records: Vec<Arc<EventRecord>> = records(event)?.into_iter().map(Arc::new).collect();
        let (events, others): (Vec<_>, Vec<_>) =
            (0..records.len()).partition(|at| activity::EVENTS.contains(&kind(&records[*at])));
        let note = |at: &usize| {
            let (app, record) = (app.clone(), Arc::clone(&records[*at]));
            async move { activity::note(&app, &record).await }
        };
        let noted = parallel::each(AT_ONCE, events.iter().map(note)).await?;
        let mut failed = events.into_iter().zip(noted).find_map(|(at, outcome)| outcome.err().map(|error| (at, error)));
        for at in others {
            if failed.as_ref().is_some_and(|(first, _)| *first < at) {
                break;
            }
            if let Err(error) = work(&app, &records[at]).await {
                failed = Some((at, error));
            }
        }
        let Some((at, error)) = failed else { return Outcome::default().into_value() };
        tracing::error!(%error, record = records[at].event_id, "work failed; it comes again");
        Outcome::failed_at(&records[at]).into_value()
    })
}

/// The kind of an item that came; nothing for any other change.
fn kind(record: &EventRecord) -> &str {
    match record.change.new_image.get("kind") {
        Some(AttributeValue::S(kind)) if record.event_name == "INSERT" => kind,
        Some(_) | None => "",
    }
}

async fn work(app: &App, record: &EventRecord) -> Result<(), Error> {
    let image = &record.change.new_image;
    let kind = kind(record);
    let read = |error: serde_dynamo::Error| Error::Internal(format!("not a {kind}: {error}"));
    match kind {
        LinkRequest::KIND => {
            let request: LinkRequest = serde_dynamo::from_item(image.clone()).map_err(read)?;
            links::send(app, request.request_id).await
        }
        ProviderEvent::KIND => {
            let event: ProviderEvent = serde_dynamo::from_item(image.clone()).map_err(read)?;
            payments::follow(app, event).await
        }
        _ => Ok(()),
    }
}
