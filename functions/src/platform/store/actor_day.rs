//! An actor's authority event of a day: that a cap was minted for it.
//!
//! Written with the day's first cap and never again, so that minting costs no write after it. The stream's jobs count
//! active devices and users from it; it is no change of the vendor's things and makes no audit row.

use domain::Error;
use domain::audit::By;
use domain::clock::{Timestamp, plus_seconds, utc_day};
use domain::device::{Binding, DeviceId};
use domain::ids::VendorId;
use domain::omni::{ActorOmni, UserOmni};
use serde::{Deserialize, Serialize};

use super::{Entity, Key, VendorStore};

/// How long it is kept, in seconds (40 days): the 30 days that activity looks back, and late counting.
const KEPT_SECONDS: i64 = 40 * 24 * 3600;

/// The mark of one actor and day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorDay {
    /// Whose device it is.
    pub vendor_id: VendorId,
    /// The device.
    pub device_id: DeviceId,
    /// The user it acts for.
    pub user_omni: UserOmni,
    /// The agent identity.
    pub actor_omni: ActorOmni,
    /// The day in UTC, as `2026-11-22`.
    pub day: String,
    /// When the day's first cap was minted.
    pub first_at: Timestamp,
}

impl Entity for ActorDay {
    const KIND: &'static str = "actor_day";

    fn key(&self) -> Key {
        key(self.actor_omni, &self.day)
    }

    fn ttl(&self) -> Option<i64> {
        Some(plus_seconds(self.first_at, KEPT_SECONDS).as_second())
    }
}

fn key(actor_omni: ActorOmni, day: &str) -> Key {
    Key::new(format!("ACTOR#{actor_omni}"), format!("DAY#{day}"))
}

impl VendorStore {
    /// Where the mark of `actor_omni` for the day of `at` is.
    pub fn actor_day_key(&self, actor_omni: ActorOmni, at: Timestamp) -> Key {
        key(actor_omni, &utc_day(at))
    }

    /// Marks the actor of `binding` as active on the day of `by`. Marked twice is marked once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn mark_active(&self, binding: &Binding, by: &By) -> Result<(), Error> {
        let mark = ActorDay {
            vendor_id: self.vendor_id,
            device_id: binding.device_id.clone(),
            user_omni: binding.user_omni,
            actor_omni: binding.actor_omni,
            day: utc_day(by.at),
            first_at: by.at,
        };
        self.store.create(&mark, by, None).await.map(drop)
    }
}
