//! The cap policy of a device: what a cap for it may be for at most. Deny by default.
//!
//! It comes in two forms that say the same: JSON, whose schema is published at [`SCHEMA`], and Cedar text for who
//! evaluates policies with Cedar.

use std::fmt::Write;

use crate::cap::{MAX_CAP_SECONDS, Namespace, Op};
use crate::omni::ActorOmni;

/// Where the portal publishes the JSON Schema of [`VERSION`].
pub const SCHEMA: &str = "/schemas/cap-policy/1.json";
/// Version of the form. The schema is closed: a field more is a new version.
pub const VERSION: u32 = 1;
/// What always needs the user's approval, and so is never in a cap. No setting loosens it.
pub const REQUIRE_APPROVAL: [&str; 3] = ["payment", "credentials", "delegation"];

/// What differs from one device's policy to another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapLimits {
    /// Partitions that may be read.
    pub fetch: Vec<Namespace>,
    /// Partitions that may be written.
    pub store: Vec<Namespace>,
    /// The longest life of a cap, in seconds: 1 to [`MAX_CAP_SECONDS`].
    pub max_ttl_seconds: u32,
}

impl CapLimits {
    /// The partitions in which `op` is allowed.
    pub fn of(&self, op: Op) -> &[Namespace] {
        match op {
            Op::Fetch => &self.fetch,
            Op::Store => &self.store,
        }
    }

    /// Reading and writing in `namespaces`, for as long as a cap may live.
    pub fn all_of(namespaces: &[Namespace]) -> Self {
        Self { fetch: namespaces.to_vec(), store: namespaces.to_vec(), max_ttl_seconds: MAX_CAP_SECONDS }
    }
}

/// What the policy answers where no rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Refuse.
    Deny,
}

/// One thing that a cap of this device may be for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// `fetch` or `store`.
    pub op: &'static str,
    /// What is fetched or stored.
    pub data_class: &'static str,
    /// In which partitions; in none if empty.
    pub namespaces: Vec<Namespace>,
}

/// The policy suggested for a new device. A cap never exceeds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapPolicy {
    /// Version of this form.
    pub version: u32,
    /// Where no rule speaks.
    pub default: Effect,
    /// What is allowed.
    pub allow: Vec<Allow>,
    /// See [`REQUIRE_APPROVAL`].
    pub require_approval: [&'static str; 3],
    /// The longest life of a cap, in seconds.
    pub max_ttl_seconds: u32,
}

impl CapPolicy {
    /// Reading and writing memory within `limits`, and nothing else.
    pub fn suggested(limits: &CapLimits) -> Self {
        let allow =
            |op, namespaces: &Vec<Namespace>| Allow { op, data_class: "memory", namespaces: namespaces.clone() };
        Self {
            version: VERSION,
            default: Effect::Deny,
            allow: vec![allow("fetch", &limits.fetch), allow("store", &limits.store)],
            require_approval: REQUIRE_APPROVAL,
            max_ttl_seconds: limits.max_ttl_seconds,
        }
    }

    /// The same as Cedar policies for `actor`. The request's `context` may say `ttl_seconds`, the life of the cap in
    /// hand, and `user_approved`.
    ///
    /// What needs approval is forbidden until it has it; that does not permit it yet, which is for a policy of the
    /// user's to do.
    pub fn to_cedar(&self, actor: ActorOmni) -> String {
        let principal = format!("principal == AgentKeys::Actor::\"{actor}\"");
        let mut text = format!("// AgentKeys cap policy {}: what is not permitted is denied.\n", self.version);
        for Allow { op, namespaces, .. } in self.allow.iter().filter(|allow| !allow.namespaces.is_empty()) {
            let names = list(namespaces.iter().map(|name| format!("AgentKeys::Memory::\"{name}\"")));
            // Writing to a String can't fail.
            let _ = writeln!(
                text,
                "permit ({principal}, action == AgentKeys::Action::\"{op}\", resource)\nwhen {{ resource in [{names}] }};"
            );
        }
        let approval = list(self.require_approval.iter().map(|name| format!("AgentKeys::Action::\"{name}\"")));
        let _ = writeln!(
            text,
            "forbid ({principal}, action in [{approval}], resource)\n\
             unless {{ context has user_approved && context.user_approved }};"
        );
        let _ = writeln!(
            text,
            "forbid ({principal}, action, resource)\n\
             when {{ context has ttl_seconds && context.ttl_seconds > {} }};",
            self.max_ttl_seconds
        );
        text
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cedar_text() {
        let limits =
            CapLimits { fetch: vec![Namespace::Profile, Namespace::Child], store: Vec::new(), max_ttl_seconds: 60 };
        let actor = "11".repeat(32).parse().unwrap();
        let expected = r#"// AgentKeys cap policy 1: what is not permitted is denied.
permit (principal == AgentKeys::Actor::"0xA", action == AgentKeys::Action::"fetch", resource)
when { resource in [AgentKeys::Memory::"profile", AgentKeys::Memory::"child"] };
forbid (principal == AgentKeys::Actor::"0xA", action in [AgentKeys::Action::"payment", AgentKeys::Action::"credentials", AgentKeys::Action::"delegation"], resource)
unless { context has user_approved && context.user_approved };
forbid (principal == AgentKeys::Actor::"0xA", action, resource)
when { context has ttl_seconds && context.ttl_seconds > 60 };
"#;
        let text = CapPolicy::suggested(&limits).to_cedar(actor);
        assert_eq!(text, expected.replace("0xA", &format!("0x{}", "11".repeat(32))));
    }
}
