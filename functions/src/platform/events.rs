//! Outbound events: to the portal's bus on EventBridge, whose rules say who hears of them.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_types::SdkConfig;
use domain::Error;
use domain::event::OutboundEvent;

use super::config::EventsConfig;

/// The source of every event, by which rules know the portal's.
const SOURCE: &str = "agentkeys.portal";
/// How many entries a call takes ("Amazon EventBridge API Reference", PutEvents). Ten of ours are a few kilobytes, far
/// from the 256 that it takes.
const ENTRIES: usize = 10;

/// Publishes events.
pub struct Events {
    client: Client,
    bus: String,
}

impl Events {
    /// A publisher to this bus.
    pub fn new(sdk: &SdkConfig, config: EventsConfig) -> Self {
        Self { client: Client::new(sdk), bus: config.bus }
    }

    /// Publishes `events` in their order. Each comes at least once: after an error some of them are out, and who calls
    /// again sends them all again, under the same ids.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when EventBridge does not answer or did not take every one.
    pub async fn publish(&self, events: &[OutboundEvent]) -> Result<(), Error> {
        for chunk in events.chunks(ENTRIES) {
            let entries = chunk.iter().map(|event| self.entry(event)).collect::<Result<Vec<_>, Error>>()?;
            let answer = self.client.put_events().set_entries(Some(entries)).send().await.map_err(|error| {
                Error::Unavailable(format!("EventBridge: {}", aws_sdk_eventbridge::error::DisplayErrorContext(error)))
            })?;
            if answer.failed_entry_count() > 0 {
                let mut entries = answer.entries().iter();
                let cause = entries.find_map(|entry| entry.error_code()).unwrap_or("no cause given");
                let failed = answer.failed_entry_count();
                return Err(Error::Unavailable(format!("EventBridge did not take {failed} events: {cause}")));
            }
        }
        Ok(())
    }

    fn entry(&self, event: &OutboundEvent) -> Result<PutEventsRequestEntry, Error> {
        let detail = serde_json::to_string(event).map_err(|error| Error::Internal(format!("an event: {error}")))?;
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(event.kind)
            .detail(detail)
            .build())
    }
}
