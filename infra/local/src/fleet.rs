//! A vendor with very many devices, put straight into the table.
//!
//! One device is registered as any other; its items are the pattern for all the rest, so that they have the shape that
//! the product writes. Receipts are the pattern's: nobody verifies them here.

use domain::omni::{UserOmni, actor_omni};
use functions::platform::store::activity::SHARDS;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::aws::Aws;

/// How many items are put at once.
const CHUNK: usize = 10_000;

/// The name of a device: they sort as they count, and are short, as serial numbers are.
pub fn device_id(n: usize) -> String {
    format!("FT-{n:07}")
}

/// Puts devices number 1 to `count` beside `FT-0000000`, which is registered: each with its binding and its activity.
///
/// # Errors
/// When the pattern is not there, or does not look as it did when this was written; what the engine says.
pub fn seed(aws: &Aws, vendor_id: &str, user_omni: &str, count: usize) -> Result<(), String> {
    let items = aws.items()?;
    let of_kind = |kind: &str| {
        let ours =
            |item: &&Value| text(item, "kind") == kind && mentions(item, vendor_id) && mentions(item, &device_id(0));
        items.iter().find(ours).ok_or_else(|| format!("FT-0000000 has no {kind}"))
    };
    let pattern = Pattern {
        binding: of_kind("binding")?,
        activity: of_kind("device_activity")?,
        vendor_id: vendor_id.parse().map_err(|_| "no vendor id")?,
        user_omni: user_omni.parse().map_err(|_| "no user omni")?,
    };
    let mut chunk = Vec::with_capacity(CHUNK);
    for n in 1..=count {
        chunk.extend(pattern.items(n)?);
        if chunk.len() >= CHUNK || n == count {
            aws.import(&chunk)?;
            chunk.clear();
        }
    }
    Ok(())
}

struct Pattern<'a> {
    binding: &'a Value,
    activity: &'a Value,
    vendor_id: domain::ids::VendorId,
    user_omni: UserOmni,
}

impl Pattern<'_> {
    fn items(&self, n: usize) -> Result<[Value; 2], String> {
        let name = device_id(n);
        let device = name.parse().map_err(|_| "no device id")?;
        let actor = actor_omni(self.vendor_id, &device, self.user_omni, 0);
        let mut binding = self.renamed(self.binding, &name);
        binding["pk"]["S"] = format!("ACTOR#{actor}").into();
        let mut activity = self.renamed(self.activity, &name);
        // The index's partitions are told apart by one hex digit at the end.
        let partition = text(self.activity, "a_pk");
        let shard = Sha256::digest(name.as_bytes())[0] % SHARDS;
        activity["a_pk"]["S"] = format!("{}{shard:x}", &partition[..partition.len().saturating_sub(1)]).into();
        Ok([binding, activity])
    }

    /// The item with the device's name wherever the pattern's stands.
    fn renamed(&self, item: &Value, name: &str) -> Value {
        let mut item = item.clone();
        for attribute in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
            if let Some(Value::String(text)) = attribute.get_mut("S")
                && text.contains(&device_id(0))
            {
                *text = text.replace(&device_id(0), name);
            }
        }
        item
    }
}

fn text<'a>(item: &'a Value, attribute: &str) -> &'a str {
    item.get(attribute).and_then(|value| value.get("S")).and_then(Value::as_str).unwrap_or_default()
}

/// Whether some text of the item has this in it.
fn mentions(item: &Value, what: &str) -> bool {
    let attributes = item.as_object().into_iter().flat_map(|item| item.values());
    attributes.filter_map(|value| value.get("S").and_then(Value::as_str)).any(|text| text.contains(what))
}
