//! `stream-work`: works off what handlers wrote down to be done: mails to send, provider events to follow.

use aws_lambda_events::event::dynamodb::EventRecord;
use domain::Error;
use serde_dynamo::AttributeValue;
use serde_json::Value;

use super::stream::{Outcome, records};
use super::{links, payments};
use crate::JobFuture;
use crate::platform::app::App;
use crate::platform::store::Entity;
use crate::platform::store::link::LinkRequest;
use crate::platform::store::provider_event::ProviderEvent;

/// The job. Records are worked off in order; the first that fails comes again, with all after it.
pub fn run(app: App, event: Value) -> JobFuture {
    Box::pin(async move {
        for record in records(event)? {
            if let Err(error) = work(&app, &record).await {
                tracing::error!(%error, record = record.event_id, "work failed; it comes again");
                return Outcome::failed_at(&record).into_value();
            }
        }
        Outcome::default().into_value()
    })
}

async fn work(app: &App, record: &EventRecord) -> Result<(), Error> {
    let image = &record.change.new_image;
    let kind = match image.get("kind") {
        Some(AttributeValue::S(kind)) if record.event_name == "INSERT" => kind.as_str(),
        Some(_) | None => return Ok(()),
    };
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
