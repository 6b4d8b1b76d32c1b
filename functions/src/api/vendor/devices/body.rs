//! What a device is registered with: the same body alone, in a batch and by lot.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use domain::Error;
use domain::device::{IdempotencyKey, Metadata, Registration};
use domain::error::FieldErrors;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::view::metadata_schema;

/// A device and the user that it acts for.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api::vendor) struct DeviceRequest {
    /// The vendor's own name for the device: 1 to 128 visible ASCII characters.
    #[schema(examples("FT-0001"), min_length = 1, max_length = 128)]
    pub(in crate::api::vendor) device_id: String,
    /// The user: 64 hex digits, with or without `0x`.
    #[schema(examples("0x1111111111111111111111111111111111111111111111111111111111111111"))]
    pub(in crate::api::vendor) user_omni: String,
    /// The vendor's name for this kind of device, 1 to 64 characters.
    #[schema(examples("bunny-2"), min_length = 1, max_length = 64)]
    pub(in crate::api::vendor) model: Option<String>,
    /// Notes: at most 20 keys; texts, numbers and booleans; at most 4 KB.
    #[schema(schema_with = metadata_schema)]
    pub(in crate::api::vendor) metadata: Option<BTreeMap<String, Value>>,
}

impl DeviceRequest {
    /// The registration that is asked for; `at` is where the body is in the whole of what was sent.
    pub(in crate::api::vendor) fn parse(self, at: &str) -> Result<Registration, Error> {
        let mut faults = FieldErrors::default();
        let place = |field: &str| format!("{at}/{field}");
        let device_id = faults.take(&place("device_id"), self.device_id.parse());
        let user_omni = faults.take(&place("user_omni"), self.user_omni.parse());
        let model = faults.take(&place("model"), self.model.map(|model| model.parse()).transpose());
        let metadata = faults.take(&place("metadata"), Metadata::new(self.metadata.unwrap_or_default()));
        match (device_id, user_omni, model, metadata) {
            (Some(device_id), Some(user_omni), Some(model), Some(metadata)) => {
                Ok(Registration { device_id, user_omni, model, metadata })
            }
            _ => Err(faults.into_error()),
        }
    }
}

/// The one `Idempotency-Key` of a request.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Error> {
    let mut values = headers.get_all("idempotency-key").iter();
    let (value, more) = (values.next(), values.next());
    let value = value.filter(|_| more.is_none()).ok_or(Error::IdempotencyKeyRequired)?;
    value.to_str().ok().and_then(|text| text.parse().ok()).ok_or(Error::IdempotencyKeyRequired)
}
