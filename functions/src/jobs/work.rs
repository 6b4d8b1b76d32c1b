//! `stream-work`: works off what handlers wrote down to be done: mails to send, provider events to follow.

use aws_lambda_events::event::dynamodb::EventRecord;
use domain::Error;
use serde_dynamo::{AttributeValue, Item};
use serde_json::Value;

use super::stream::{Outcome, records};
use super::{links, notices, payments};
use crate::JobFuture;
use crate::platform::app::App;
use crate::platform::store::link::LinkRequest;
use crate::platform::store::notice::Notice;
use crate::platform::store::provider_event::ProviderEvent;
use crate::platform::store::token_use::{Role, TokenAddress};
use crate::platform::store::{Entity, Row};

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
