//! Keeps, of every authority event, when its device was last active, and which devices a user has.

use aws_lambda_events::event::dynamodb::EventRecord;
use domain::Error;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::device::DeviceId;
use domain::ids::VendorId;
use domain::omni::{Generation, UserOmni};
use serde_json::{Map, Value};

use super::stream::image;
use crate::platform::app::App;
use crate::platform::store::binding;

/// The kinds of items whose coming is an authority event: a binding is a registration, an actor's day is whatever else
/// its actor did on that day.
pub(super) const EVENTS: [&str; 2] = ["binding", "actor_day"];

/// What an item tells of its event.
struct Event {
    vendor_id: VendorId,
    device_id: DeviceId,
    user_omni: UserOmni,
    /// Of a binding.
    generation: Option<Generation>,
    at: Timestamp,
    by: By,
}

/// Notes the event that this record tells of.
pub(super) async fn note(app: &App, record: &EventRecord) -> Result<(), Error> {
    let item = image(&record.change.new_image)?.unwrap_or_default();
    let Event { vendor_id, device_id, user_omni, generation, at, by } = read(item).map_err(Error::Internal)?;
    let store = app.store_of_all_vendors()?.of(vendor_id);
    if let Some(generation) = generation {
        store.note_user(&device_id, user_omni, generation, &by).await?;
    }
    store.note_active(&device_id, at, &by).await
}

fn read(mut item: Map<String, Value>) -> Result<Event, String> {
    binding::spell_out(&mut item);
    let text = |name: &str| item.get(name).and_then(Value::as_str).ok_or_else(|| format!("an event without {name}"));
    let by = serde_json::from_value(item.get("by").cloned().unwrap_or_default()).map_err(|error| error.to_string())?;
    let generation = item.get("generation").and_then(Value::as_u64).map(Generation::try_from).transpose();
    let at = match item.get("day").and_then(Value::as_str) {
        // A day's item counts for its own day, whenever it was written.
        Some(day) => format!("{day}T00:00:00Z"),
        None => text("registered_at")?.to_owned(),
    };
    Ok(Event {
        vendor_id: text("vendor_id")?.parse()?,
        device_id: text("device_id")?.parse()?,
        user_omni: text("user_omni")?.parse()?,
        generation: generation.map_err(|error| error.to_string())?,
        at: at.parse().map_err(|_| format!("{at} is no time"))?,
        by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_kinds_of_events_are_read() {
        let (vendor, user) = ("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X", format!("0x{}", "11".repeat(32)));
        let by = json!({ "at": "2026-11-22T08:00:00Z", "who": "visitor", "req": "r" });
        let binding = json!({
            "pk": format!("ACTOR#0x{}", "22".repeat(32)), "v_pk": format!("DEVICES#{vendor}"),
            "v_sk": format!("FT#1#{user}"), "generation": 2, "registered_at": "2026-11-22T08:00:00Z", "by": by,
        });
        let event = read(binding.as_object().unwrap().clone()).unwrap();
        assert_eq!((event.device_id.as_str(), event.generation), ("FT#1", Some(2)));
        let day = json!({ "vendor_id": vendor, "device_id": "FT-2", "user_omni": user, "day": "2026-11-20", "by": by });
        let event = read(day.as_object().unwrap().clone()).unwrap();
        assert_eq!((event.device_id.as_str(), event.generation), ("FT-2", None));
        assert_eq!(domain::activity::day(event.at), "2026-11-20");
        assert!(read(json!({ "by": by }).as_object().unwrap().clone()).is_err());
    }
}
