//! When a device was last active, and which devices a user has: written by the table's stream, a moment after the event.
//!
//! A device has one item, written on its first event of a day. In the index by activity stand its keys and nothing else:
//! counting a vendor's active devices reads each entry, so every byte of a key is paid for a million times. That is why
//! these keys are short; up to 19 characters of a device id an entry has at most 102 bytes, which is 0.0125 read units.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use domain::Error;
use domain::activity::day;
use domain::audit::By;
use domain::clock::Timestamp;
use domain::device::DeviceId;
use domain::ids::VendorId;
use domain::omni::{Generation, UserOmni};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Entity, Key, Read, Row, VendorStore, broken, unavailable};
use crate::platform::parallel;

/// The index by activity.
pub const BY_ACTIVITY: &str = "by-activity";

/// How many partitions of that index a vendor's active devices are spread over: on a day's first minutes all of them may
/// come at once, and one partition takes 1,000 writes a second.
pub const SHARDS: u8 = 16;

/// A device's activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceActivity {
    /// Whose device it is.
    pub vendor_id: VendorId,
    /// The device.
    pub device_id: DeviceId,
    /// The first day on which it had an authority event: `2026-11-22`.
    pub first_active_day: String,
    /// The last one.
    pub last_active_day: String,
}

impl DeviceActivity {
    fn key_of(vendor_id: VendorId, device_id: &DeviceId) -> Key {
        Key::new(format!("DEV#{vendor_id}#{device_id}"), "A")
    }
}

impl Entity for DeviceActivity {
    const KIND: &'static str = "device_activity";

    fn key(&self) -> Key {
        Self::key_of(self.vendor_id, &self.device_id)
    }

    fn by_activity(&self) -> Option<Key> {
        let shard = Sha256::digest(self.device_id.as_str().as_bytes())[0] % SHARDS;
        Some(Key::new(shard_partition(self.vendor_id, shard), compact(&self.last_active_day)))
    }
}

/// `ven_` goes without saying.
fn shard_partition(vendor_id: VendorId, shard: u8) -> String {
    let vendor_id = vendor_id.to_string();
    format!("{}{shard:x}", vendor_id.trim_start_matches("ven_"))
}

/// A day in eight bytes: `20261122`.
fn compact(day: &str) -> String {
    day.replace('-', "")
}

/// That a user has, or had, a binding with a device. Whether it has is the binding's to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDevice {
    /// Whose device it is.
    pub vendor_id: VendorId,
    /// The user.
    pub user_omni: UserOmni,
    /// The device.
    pub device_id: DeviceId,
    /// The newest generation of their binding.
    pub generation: Generation,
}

impl UserDevice {
    pub(super) fn partition(vendor_id: VendorId, user_omni: UserOmni) -> String {
        format!("USER#{vendor_id}#{user_omni}")
    }
}

impl Entity for UserDevice {
    const KIND: &'static str = "user_device";

    fn key(&self) -> Key {
        Key::new(Self::partition(self.vendor_id, self.user_omni), format!("DEVICE#{}", self.device_id))
    }
}

impl VendorStore {
    /// Notes that a device had an authority event at `at`. Written once a device and day; an earlier day changes nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_active(&self, device_id: &DeviceId, at: Timestamp, by: &By) -> Result<(), Error> {
        let (day, vendor_id) = (day(at), self.vendor_id);
        let activity = DeviceActivity {
            vendor_id,
            device_id: device_id.clone(),
            first_active_day: day.clone(),
            last_active_day: day.clone(),
        };
        let mut item = Row::new(&activity, by).into_item()?;
        for key in ["pk", "sk"] {
            item.remove(key);
        }
        let mut update = self.store.client.update_item().table_name(&self.store.table);
        let mut sets = Vec::new();
        for (at, (name, value)) in item.into_iter().enumerate() {
            sets.push(match name.as_str() {
                "first_active_day" => format!("#a{at} = if_not_exists(#a{at}, :a{at})"),
                _ => format!("#a{at} = :a{at}"),
            });
            update = update
                .expression_attribute_names(format!("#a{at}"), name)
                .expression_attribute_values(format!(":a{at}"), value);
        }
        let outcome = update
            .set_key(Some(activity.key().attributes()))
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression("attribute_not_exists(pk) OR last_active_day < :day")
            .expression_attribute_values(":day", AttributeValue::S(day))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Notes that a user has a device, by this or a later generation of their binding.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn note_user(
        &self,
        device_id: &DeviceId,
        user_omni: UserOmni,
        generation: Generation,
        by: &By,
    ) -> Result<(), Error> {
        let item = UserDevice { vendor_id: self.vendor_id, user_omni, device_id: device_id.clone(), generation };
        let put = self
            .store
            .client
            .put_item()
            .table_name(&self.store.table)
            .set_item(Some(Row::new(&item, by).into_item()?))
            .condition_expression("attribute_not_exists(pk) OR generation < :generation")
            .expression_attribute_values(":generation", AttributeValue::N(generation.to_string()));
        super::changed(super::send_put(put).await).map(drop)
    }

    /// A device's activity, if there was any.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn activity(&self, device_id: &DeviceId) -> Result<Option<DeviceActivity>, Error> {
        let key = DeviceActivity::key_of(self.vendor_id, device_id);
        Ok(self.store.get(&key, Read::Eventual).await?.map(|row: Row<DeviceActivity>| row.item))
    }

    /// The last active days of up to a hundred devices, in one call.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn last_active_days(&self, devices: &[&DeviceId]) -> Result<HashMap<DeviceId, String>, Error> {
        let mut keys: Vec<Key> =
            devices.iter().map(|device_id| DeviceActivity::key_of(self.vendor_id, device_id)).collect();
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.store.batch_get(&keys, Read::Eventual).await?;
        let each = found.into_values().map(|item| {
            let DeviceActivity { device_id, last_active_day, .. } = Row::from_item(item)?.item;
            Ok((device_id, last_active_day))
        });
        each.collect()
    }

    /// How many devices were active on `first` (`2026-11-22`) or later: 16 queries at once, 0.0125 read units a device.
    /// The last moments' may be missing.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn active_devices(&self, first: &str) -> Result<u64, Error> {
        let count = |shard: u8| {
            let (vendor, partition, first) = (self.clone(), shard_partition(self.vendor_id, shard), compact(first));
            async move { vendor.count_active(&partition, &first).await }
        };
        Ok(parallel::all(usize::from(SHARDS), (0..SHARDS).map(count)).await?.into_iter().sum())
    }

    async fn count_active(&self, partition: &str, first: &str) -> Result<u64, Error> {
        let (mut count, mut start) = (0, None);
        loop {
            let query = self.store.client.query().table_name(&self.store.table);
            let answer = query
                .index_name(BY_ACTIVITY)
                .key_condition_expression("a_pk = :pk AND a_sk >= :first")
                .expression_attribute_values(":pk", AttributeValue::S(partition.to_owned()))
                .expression_attribute_values(":first", AttributeValue::S(first.to_owned()))
                .select(Select::Count)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(unavailable)?;
            count += u64::try_from(answer.count).map_err(broken)?;
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }
}
