//! A registered device as the API shows it.

use std::collections::BTreeMap;

use domain::Error;
use domain::cap::{Allow, CapPolicy, Effect};
use domain::clock::rfc3339;
use domain::device::{Binding, Metadata, Model};
use domain::omni::actor_label;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType};

use crate::platform::store::binding::Registered;

/// A registered device.
#[derive(Serialize, ToSchema)]
pub(super) struct RegisteredView {
    /// The record that ties device and user to the actor.
    #[schema(examples("bnd_01JZ8Q6V3M4N5P6R7S8T9V0W1X"))]
    binding_id: String,
    /// The device, as given.
    #[schema(examples("FT-0001"))]
    device_id: String,
    /// The user, in its one form.
    #[schema(examples("0x1111111111111111111111111111111111111111111111111111111111111111"))]
    user_omni: String,
    /// The agent identity: the same for this device and user for ever.
    #[schema(examples("0xdc4a1cf435d4f440952c1c40c583aca7ff4c23856fdf6409f371a34a94352ca3"))]
    actor_omni: String,
    /// The actor's label in its user's identity tree.
    #[schema(examples("v-7gp4wfz6j2gt3te2h3ofcd4bluycim"))]
    actor_label: String,
    /// How often this device and user were released before.
    #[schema(examples(0))]
    generation: u32,
    /// When it was registered.
    #[schema(examples("2026-11-22T08:00:00Z"))]
    registered_at: String,
    /// Kind of device, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("bunny-2"))]
    model: Option<String>,
    /// Notes, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = metadata_schema)]
    metadata: Option<BTreeMap<String, Value>>,
    /// Compact JWS that proves the binding to anybody; see `/.well-known/jwks.json`.
    #[schema(examples("eyJhbGciOiJFUzI1NiJ9.e30.c2ln"))]
    receipt: String,
    /// What a cap for this device may be for at most.
    cap_policy: CapPolicyView,
}

impl RegisteredView {
    /// The view of a stored binding. The same binding is the same bytes for ever.
    pub(super) fn of(Registered { binding, receipt }: Registered) -> Result<Self, Error> {
        let receipt = receipt.to_jws(&binding)?;
        let Binding { vendor_id, device_id, user_omni, generation, metadata, .. } = binding;
        Ok(Self {
            binding_id: binding.binding_id.to_string(),
            actor_omni: binding.actor_omni.to_string(),
            actor_label: actor_label(vendor_id, &device_id, generation),
            device_id: device_id.to_string(),
            user_omni: user_omni.to_string(),
            generation,
            registered_at: rfc3339(binding.registered_at),
            model: binding.model.as_ref().map(Model::to_string),
            metadata: notes(&metadata),
            receipt,
            cap_policy: CapPolicy::suggested(&binding.namespaces).into(),
        })
    }
}

/// What a cap may be for at most: deny by default.
#[derive(Serialize, ToSchema)]
struct CapPolicyView {
    /// Version of this form.
    #[schema(examples(1))]
    version: u32,
    /// Where no rule speaks.
    #[schema(examples("deny"))]
    default: &'static str,
    /// What is allowed.
    allow: Vec<AllowView>,
    /// What always needs the user's approval, and so is never in a cap.
    #[schema(examples("payment"))]
    require_approval: Vec<&'static str>,
    /// The longest life of a cap, in seconds.
    #[schema(examples(300))]
    max_ttl_seconds: u32,
}

/// One thing that a cap of this device may be for.
#[derive(Serialize, ToSchema)]
struct AllowView {
    /// `fetch` or `store`.
    #[schema(examples("fetch"))]
    op: &'static str,
    /// What is fetched or stored.
    #[schema(examples("memory"))]
    data_class: &'static str,
    /// In which partitions.
    #[schema(examples("profile"))]
    namespaces: Vec<&'static str>,
}

impl From<CapPolicy> for CapPolicyView {
    fn from(policy: CapPolicy) -> Self {
        let allow = |Allow { op, data_class, namespaces }| AllowView {
            op,
            data_class,
            namespaces: namespaces.into_iter().map(|namespace| namespace.as_str()).collect(),
        };
        Self {
            version: policy.version,
            default: match policy.default {
                Effect::Deny => "deny",
            },
            allow: policy.allow.into_iter().map(allow).collect(),
            require_approval: policy.require_approval.to_vec(),
            max_ttl_seconds: policy.max_ttl_seconds,
        }
    }
}

/// Notes as they are shown: left out where there are none.
pub(super) fn notes(metadata: &Metadata) -> Option<BTreeMap<String, Value>> {
    (!metadata.is_empty()).then(|| metadata.entries().clone())
}

/// Notes: texts, numbers and booleans by name.
pub(super) fn metadata_schema() -> Schema {
    let value = ObjectBuilder::new().schema_type(SchemaType::from_iter([
        utoipa::openapi::Type::String,
        utoipa::openapi::Type::Number,
        utoipa::openapi::Type::Boolean,
    ]));
    ObjectBuilder::new()
        .additional_properties(Some(AdditionalProperties::from(value)))
        .max_properties(Some(20))
        .description(Some(
            "Notes: at most 20 keys of 1 to 64 characters; texts, numbers and booleans; at most 4 KB as JSON.",
        ))
        .examples([json!({"firmware": "1.0.3", "hardware": 2})])
        .into()
}
