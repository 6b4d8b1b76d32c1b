//! `stream-work`: works off what handlers wrote down to be done: mails to send, provider events to follow, devices that
//! were active.

use std::sync::Arc;

use aws_lambda_events::event::dynamodb::EventRecord;
use domain::Error;
use serde_dynamo::{AttributeValue, Item};
use serde_json::Value;

use super::stream::{Outcome, records};
use super::{activity, links, notices, payments};
use crate::JobFuture;
use crate::platform::app::App;
use crate::platform::parallel;
use crate::platform::store::link::LinkRequest;
use crate::platform::store::notice::Notice;
use crate::platform::store::provider_event::ProviderEvent;
use crate::platform::store::token_use::{Role, TokenAddress};
use crate::platform::store::{Entity, Row};

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
    let (image, before) = (&record.change.new_image, &record.change.old_image);
    let Some(AttributeValue::S(kind)) = image.get("kind") else { return Ok(()) };
    let is_new = record.event_name == "INSERT";
    // A notice may be given again, over the one that was mailed long ago.
    let is_given = is_new || before.contains_key("done_at") && !image.contains_key("done_at");
    match kind.as_str() {
        LinkRequest::KIND if is_new => links::send(app, read::<LinkRequest>(image)?.item.request_id).await,
        ProviderEvent::KIND if is_new => payments::follow(app, read::<ProviderEvent>(image)?.item).await,
        TokenAddress::KIND if is_new => {
            let row = read::<TokenAddress>(image)?;
            match row.item.role {
                Role::New => notices::new_address(app, row.item, &row.by).await,
                Role::Baseline | Role::InGrace => Ok(()),
            }
        }
        Notice::KIND if is_given => {
            let row = read::<Notice>(image)?;
            notices::send(app, row.item, &row.by).await
        }
        _ => Ok(()),
    }
}

fn read<T: Entity>(image: &Item) -> Result<Row<T>, Error> {
    serde_dynamo::from_item(image.clone()).map_err(|error| Error::Internal(format!("not a {}: {error}", T::KIND)))
}
