//! Notifications of payment providers: each kept once, by the provider's event id, and worked off from the stream.

use domain::Error;
use domain::audit::By;
use domain::clock::{Timestamp, plus_seconds};
use domain::rail::Rail;
use serde::{Deserialize, Serialize};

use super::{Entity, Key, Store};

/// How long an event is remembered, in seconds (90 days).
const KEEP_SECONDS: i64 = 90 * 24 * 3600;

/// What a provider told us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProviderEvent {
    /// Which provider.
    pub rail: Rail,
    /// The provider's id.
    pub event_id: String,
    /// The provider's type.
    #[serde(rename = "event_type")]
    pub kind: String,
    /// The id of the object that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
}

impl Entity for ProviderEvent {
    const KIND: &'static str = "provider_event";

    fn key(&self) -> Key {
        let rail = match self.rail {
            Rail::Stripe => "stripe",
            Rail::Alipay => "alipay",
        };
        Key::new(format!("WEBHOOK#{rail}#{}", self.event_id), "EVENT")
    }

    fn ttl(&self) -> Option<i64> {
        Some(plus_seconds(self.received_at, KEEP_SECONDS).as_second())
    }
}

impl Store {
    /// Keeps an event. One that came before is kept once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn keep_event(&self, event: &ProviderEvent, by: &By) -> Result<(), Error> {
        self.create(event, by, None).await.map(drop)
    }
}
