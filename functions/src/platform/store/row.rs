//! An item of the table: keys and bookkeeping outside, the entity flattened inside.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Error;
use domain::audit::By;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::broken;

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// The key of an item, or of its place in an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    /// A key of these two.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(super) fn attributes(&self) -> Item {
        let text = |value: &String| AttributeValue::S(value.clone());
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }

    pub(super) fn of(item: &Item) -> Result<Self, Error> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        text("pk").zip(text("sk")).map(|(pk, sk)| Self { pk, sk }).ok_or_else(|| broken("no key"))
    }
}

/// Something that the table keeps.
pub trait Entity: Serialize + DeserializeOwned {
    /// What the item calls itself.
    const KIND: &'static str;

    /// Where it is.
    fn key(&self) -> Key;

    /// Where it is in the index by vendor.
    fn by_vendor(&self) -> Option<Key> {
        None
    }

    /// Where it is in the index by activity.
    fn by_activity(&self) -> Option<Key> {
        None
    }

    /// When DynamoDB may delete it, in Unix seconds. It may live 48 h longer: readers compare the time themselves.
    fn ttl(&self) -> Option<i64> {
        None
    }
}

/// An item with its bookkeeping. Optional attributes are left out, never NULL: an index key may not be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row<T> {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
    /// Partition in the index by vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v_pk: Option<String>,
    /// Place in that partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v_sk: Option<String>,
    /// Partition in the index by activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a_pk: Option<String>,
    /// Place in that partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub a_sk: Option<String>,
    /// See [`Entity::ttl`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<i64>,
    /// See [`Entity::KIND`].
    pub kind: String,
    /// Author of the last change.
    pub by: By,
    /// The entity.
    #[serde(flatten)]
    pub item: T,
}

impl<'a, T: Entity> Row<&'a T> {
    /// The row of `item`, changed by `by`.
    pub fn new(item: &'a T, by: &By) -> Self {
        let Key { pk, sk } = item.key();
        let (v_pk, v_sk) = item.by_vendor().map(|key| (key.pk, key.sk)).unzip();
        let (a_pk, a_sk) = item.by_activity().map(|key| (key.pk, key.sk)).unzip();
        Self { pk, sk, v_pk, v_sk, a_pk, a_sk, ttl: item.ttl(), kind: T::KIND.to_owned(), by: by.clone(), item }
    }

    /// The row as the SDK wants it.
    ///
    /// # Errors
    /// [`Error::Internal`] when the entity can't be an item.
    pub fn into_item(self) -> Result<Item, Error> {
        serde_dynamo::to_item(self).map_err(broken)
    }
}

impl<T: Entity> Row<T> {
    /// The row in an item.
    ///
    /// # Errors
    /// [`Error::Internal`] when the item is not of this kind.
    pub fn from_item(item: Item) -> Result<Self, Error> {
        let row: Self = serde_dynamo::from_item(item).map_err(broken)?;
        if row.kind != T::KIND {
            return Err(broken(format_args!("a {} where a {} was expected", row.kind, T::KIND)));
        }
        Ok(row)
    }
}
