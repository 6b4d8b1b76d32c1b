//! Pages of a vendor's devices, from the index by vendor, and from a user's own list.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Error;
use domain::device::{DeviceId, Model};
use domain::omni::{UserOmni, actor_omni};

use super::activity::UserDevice;
use super::binding::{Registered, Slot, binding_key, devices_partition};
use super::{Key, Read, Row, VendorStore, unavailable};

/// Which devices.
#[derive(Clone, Debug, Default)]
pub struct DeviceFilter {
    /// Whose ids begin with this.
    pub prefix: String,
    /// Of this kind.
    pub model: Option<Model>,
    /// That act for this user.
    pub user: Option<UserOmni>,
    /// `true`: last active on this day or later; `false`: not.
    pub active: Option<(bool, String)>,
}

/// A page of bindings, in the order of device ids.
pub struct DevicePage {
    /// The bindings.
    pub rows: Vec<Registered>,
    /// Where to go on, if there is more.
    pub next: Option<String>,
}

/// What was read of a list, and where to go on.
struct Found {
    rows: Vec<Registered>,
    next: Option<String>,
}

/// How many bindings one round looks at where a filter drops some.
const ROUND: usize = 100;
/// How many rounds a page may cost: a filter reads past bindings that it does not show.
const ROUNDS: u32 = 4;
/// How many bindings of one device are shown with it.
const SHOWN: usize = 100;
/// Before and after every character of a device id, which are the visible ones of ASCII.
const BEFORE: char = '\u{1}';
const AFTER: char = '\u{7f}';

/// The place of a binding in the order of its vendor's devices.
fn position(row: &Registered) -> String {
    format!("{}#{}", row.binding.device_id, row.binding.user_omni)
}

impl VendorStore {
    /// At most `limit` bindings after the place `after`. One query where no filter but the prefix is set. With another
    /// filter a page may be shorter than asked for, and still have a next one.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn devices_page(
        &self,
        filter: &DeviceFilter,
        limit: usize,
        after: Option<String>,
    ) -> Result<DevicePage, Error> {
        let drops = filter.model.is_some() || filter.user.is_some() || filter.active.is_some();
        // One more than asked for is read, so that a next page is told of only where there is one.
        let (step, mut rows, mut next) = (if drops { ROUND } else { limit + 1 }, Vec::new(), after);
        for _ in 0..ROUNDS {
            let found = match filter.user {
                Some(user) => self.of_user(user, &filter.prefix, next.as_deref(), step).await?,
                None => self.in_order(&filter.prefix, next.as_deref(), step).await?,
            };
            rows.extend(self.kept(found.rows, filter).await?);
            next = found.next;
            if next.is_none() || rows.len() > limit {
                break;
            }
        }
        if rows.len() > limit {
            rows.truncate(limit);
            next = rows.last().map(position);
        }
        Ok(DevicePage { rows, next })
    }

    /// What of `rows` the filter lets through.
    async fn kept(&self, mut rows: Vec<Registered>, filter: &DeviceFilter) -> Result<Vec<Registered>, Error> {
        if let Some(model) = &filter.model {
            rows.retain(|row| row.binding.model.as_ref() == Some(model));
        }
        if let Some((active, first)) = &filter.active {
            let devices: Vec<&DeviceId> = rows.iter().map(|row| &row.binding.device_id).collect();
            let days = self.last_active_days(&devices).await?;
            let recent: HashSet<&DeviceId> =
                days.iter().filter(|(_, last)| *last >= first).map(|(device_id, _)| device_id).collect();
            rows.retain(|row| recent.contains(&row.binding.device_id) == *active);
        }
        Ok(rows)
    }

    /// The bindings of one device, at most a hundred, in the order of users.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn bindings_of(&self, device_id: &DeviceId) -> Result<Vec<Registered>, Error> {
        let prefix = format!("{device_id}#0x");
        let found = self.in_order(&prefix, None, SHOWN).await?;
        let own = |row: &Registered| row.binding.device_id == *device_id;
        Ok(found.rows.into_iter().filter(own).collect())
    }

    async fn in_order(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Found, Error> {
        let from = after.map_or_else(|| prefix.to_owned(), |after| format!("{after}{BEFORE}"));
        let mut values = vec![(":pk", devices_partition(self.vendor_id)), (":from", from)];
        values.push((":to", format!("{prefix}{AFTER}")));
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .index_name(super::BY_VENDOR)
            .key_condition_expression("v_pk = :pk AND v_sk BETWEEN :from AND :to")
            .set_expression_attribute_values(Some(texts(values)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        let slots = answer.items.unwrap_or_default().into_iter().map(Slot::from_item).collect::<Result<Vec<_>, _>>()?;
        let rows: Vec<Registered> = slots.into_iter().map(|slot| slot.registered).collect();
        let next = answer.last_evaluated_key.and_then(|_| rows.last().map(position));
        Ok(Found { rows, next })
    }

    /// A user's devices. The list tells where to look; the bindings themselves say which of them there are.
    async fn of_user(&self, user: UserOmni, prefix: &str, after: Option<&str>, limit: usize) -> Result<Found, Error> {
        let after = after.and_then(|place| place.rsplit_once('#')).map(|(device_id, _)| device_id);
        let from = after.map_or_else(|| prefix.to_owned(), |after| format!("{after}{BEFORE}"));
        let mut values =
            vec![(":pk", UserDevice::partition(self.vendor_id, user)), (":from", format!("DEVICE#{from}"))];
        values.push((":to", format!("DEVICE#{prefix}{AFTER}")));
        let answer = self
            .store
            .client
            .query()
            .table_name(&self.store.table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .set_expression_attribute_values(Some(texts(values)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unavailable)?;
        let items = answer.items.unwrap_or_default().into_iter().map(Row::from_item).collect::<Result<Vec<_>, _>>()?;
        let devices: Vec<UserDevice> = items.into_iter().map(|row| row.item).collect();
        let place = |last: &UserDevice| format!("{}#{user}", last.device_id);
        let next = answer.last_evaluated_key.and_then(|_| devices.last().map(place));
        let key = |one: &UserDevice| binding_key(actor_omni(self.vendor_id, &one.device_id, user, one.generation));
        let keys: Vec<Key> = devices.iter().map(key).collect();
        let mut found = match keys.is_empty() {
            true => Default::default(),
            false => self.store.batch_get(&keys, Read::Eventual).await?,
        };
        let rows = keys.iter().map(|key| self.registered(found.remove(key)));
        Ok(Found { rows: rows.filter_map(Result::transpose).collect::<Result<_, _>>()?, next })
    }
}

fn texts(values: Vec<(&str, String)>) -> std::collections::HashMap<String, AttributeValue> {
    values.into_iter().map(|(name, text)| (name.to_owned(), AttributeValue::S(text))).collect()
}
