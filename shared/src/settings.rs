//! What a vendor chooses for itself: what its devices may reach, which mails it gets, in which language.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::cap::{MAX_CAP_SECONDS, Namespace};
use crate::cap_policy::{CapLimits, REQUIRE_APPROVAL};
use crate::error::FieldErrors;
use crate::profile::Locale;
use crate::vendor::Vendor;

/// How a vendor narrows the policy of its new devices. What it does not choose follows what is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapChoice {
    /// Partitions to read, out of the allowed ones. `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<Vec<Namespace>>,
    /// Partitions to write, out of the allowed ones. `None` is all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<Vec<Namespace>>,
    /// The longest life of a cap, in seconds: 1 to [`MAX_CAP_SECONDS`]. `None` is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ttl_seconds: Option<u32>,
}

impl CapChoice {
    /// Whether nothing is chosen.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What it comes to where `allowed` is allowed.
    pub fn limits(&self, allowed: &[Namespace]) -> CapLimits {
        let within = |chosen: &Option<Vec<Namespace>>| match chosen {
            None => allowed.to_vec(),
            Some(chosen) => both(chosen, allowed),
        };
        CapLimits {
            fetch: within(&self.fetch),
            store: within(&self.store),
            max_ttl_seconds: self.max_ttl_seconds.unwrap_or(MAX_CAP_SECONDS),
        }
    }
}

fn both(chosen: &[Namespace], allowed: &[Namespace]) -> Vec<Namespace> {
    chosen.iter().copied().filter(|name| allowed.contains(name)).collect()
}

/// Which mails a vendor gets beside those of security (links, and what happens to tokens), which always come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// The token is used from an address for the first time.
    pub new_address: bool,
    /// The token's life ends soon.
    pub token_expiry: bool,
    /// An invoice is there.
    pub invoices: bool,
    /// What is new in the product. Only who asks for it gets it.
    pub product: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { new_address: true, token_expiry: true, invoices: true, product: false }
    }
}

impl Notifications {
    /// Whether nothing is chosen.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A change of settings as it was asked for. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Names of namespaces.
    pub allowed_namespaces: Option<Vec<String>>,
    /// Names of namespaces; `Some(None)` takes the choice back.
    pub fetch: Option<Option<Vec<String>>>,
    /// Names of namespaces; `Some(None)` takes the choice back.
    pub store: Option<Option<Vec<String>>>,
    /// In seconds.
    pub max_ttl_seconds: Option<i64>,
    /// May be repeated, and not changed.
    pub require_approval: Option<Vec<String>>,
    /// May be repeated as `true`, and not switched off.
    pub security: Option<bool>,
    /// See [`Notifications`].
    pub new_address: Option<bool>,
    /// See [`Notifications`].
    pub token_expiry: Option<bool>,
    /// See [`Notifications`].
    pub invoices: Option<bool>,
    /// See [`Notifications`].
    pub product: Option<bool>,
    /// `en` or `zh-CN`.
    pub locale: Option<String>,
}

/// A change of settings that breaks no rule by itself. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsChange {
    allowed_namespaces: Option<Vec<Namespace>>,
    fetch: Option<Option<Vec<Namespace>>>,
    store: Option<Option<Vec<Namespace>>>,
    max_ttl_seconds: Option<u32>,
    new_address: Option<bool>,
    token_expiry: Option<bool>,
    invoices: Option<bool>,
    product: Option<bool>,
    locale: Option<Locale>,
}

impl SettingsChange {
    /// Checks what was asked for.
    ///
    /// # Errors
    /// [`Error::ValidationFailed`] with every fault.
    pub fn parse(wish: Wish) -> Result<Self, Error> {
        let mut faults = FieldErrors::default();
        let change = Self {
            allowed_namespaces: wish
                .allowed_namespaces
                .map(|names| namespaces("/allowed_namespaces", &names, &mut faults)),
            fetch: wish.fetch.map(|names| names.map(|names| namespaces("/cap_policy/fetch", &names, &mut faults))),
            store: wish.store.map(|names| names.map(|names| namespaces("/cap_policy/store", &names, &mut faults))),
            max_ttl_seconds: wish
                .max_ttl_seconds
                .and_then(|seconds| faults.take("/cap_policy/max_ttl_seconds", life(seconds))),
            new_address: wish.new_address,
            token_expiry: wish.token_expiry,
            invoices: wish.invoices,
            product: wish.product,
            locale: wish.locale.and_then(|locale| faults.take("/locale", locale.parse())),
        };
        faults.take("/cap_policy/require_approval", wish.require_approval.map_or(Ok(()), |names| approval(&names)));
        faults.take(
            "/notifications/security",
            match wish.security {
                Some(false) => Err("mails about security can't be switched off".to_owned()),
                Some(true) | None => Ok(()),
            },
        );
        if faults.is_empty() { Ok(change) } else { Err(faults.into_error()) }
    }
}

/// Namespaces in the catalogue's order.
fn namespaces(pointer: &str, names: &[String], faults: &mut FieldErrors) -> Vec<Namespace> {
    let mut found = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let parsed = name.parse::<Namespace>().and_then(|name| match found.contains(&name) {
            true => Err(format!("{name} is there twice")),
            false => Ok(name),
        });
        found.extend(faults.take(&format!("{pointer}/{at}"), parsed));
    }
    found.sort_unstable();
    found
}

fn life(seconds: i64) -> Result<u32, String> {
    let life = u32::try_from(seconds).ok().filter(|seconds| (1..=MAX_CAP_SECONDS).contains(seconds));
    life.ok_or_else(|| format!("expected 1 to {MAX_CAP_SECONDS} seconds, got {seconds}"))
}

fn approval(names: &[String]) -> Result<(), String> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut fixed = REQUIRE_APPROVAL;
    names.sort_unstable();
    fixed.sort_unstable();
    match names == fixed {
        true => Ok(()),
        false => Err(format!("always {}: this can't be changed", REQUIRE_APPROVAL.join(", "))),
    }
}

impl Vendor {
    /// Changes what the vendor chose. A namespace that is no longer allowed leaves the cap policy too, for good.
    ///
    /// # Errors
    /// [`Error::ValidationFailed`] for a cap policy that reaches further than what is allowed then;
    /// [`Error::VendorSuspended`] for a closed vendor.
    pub fn change_settings(mut self, change: &SettingsChange) -> Result<Self, Error> {
        self.refuse_closed()?;
        if let Some(allowed) = &change.allowed_namespaces {
            self.allowed_namespaces.clone_from(allowed);
        }
        let allowed = self.allowed_namespaces.as_slice();
        let mut faults = FieldErrors::default();
        let mut choose = |pointer: &str, wish: &Option<Option<Vec<Namespace>>>, chosen: &mut Option<Vec<Namespace>>| {
            if let Some(wish) = wish {
                for name in wish.iter().flatten().filter(|name| !allowed.contains(name)) {
                    faults.take::<()>(pointer, Err(format!("{name} is not among allowed_namespaces")));
                }
                chosen.clone_from(wish);
            }
            *chosen = chosen.as_ref().map(|chosen| both(chosen, allowed));
        };
        choose("/cap_policy/fetch", &change.fetch, &mut self.cap_policy.fetch);
        choose("/cap_policy/store", &change.store, &mut self.cap_policy.store);
        if let Some(seconds) = change.max_ttl_seconds {
            self.cap_policy.max_ttl_seconds = (seconds != MAX_CAP_SECONDS).then_some(seconds);
        }
        if !faults.is_empty() {
            return Err(faults.into_error());
        }
        let now = self.notifications;
        self.notifications = Notifications {
            new_address: change.new_address.unwrap_or(now.new_address),
            token_expiry: change.token_expiry.unwrap_or(now.token_expiry),
            invoices: change.invoices.unwrap_or(now.invoices),
            product: change.product.unwrap_or(now.product),
        };
        self.profile.locale = change.locale.unwrap_or(self.profile.locale);
        Ok(self)
    }

    /// What a cap for a device that is registered now may be for at most.
    pub fn cap_limits(&self) -> CapLimits {
        self.cap_policy.limits(&self.allowed_namespaces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::SignUp;
    use Namespace::{Child, Family, Profile, Temp};

    fn vendor() -> Vendor {
        let profile = SignUp::parse("ops@folotoy.example", "FoloToy", None, None).unwrap();
        Vendor::signed_up(
            "ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X".parse().unwrap(),
            profile,
            "2026-11-22T00:00:00Z".parse().unwrap(),
        )
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn change(wish: Wish) -> SettingsChange {
        SettingsChange::parse(wish).unwrap()
    }

    fn pointers(error: Error) -> Vec<String> {
        let Error::ValidationFailed(faults) = error else { panic!("{error:?}") };
        faults.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn what_is_not_chosen_follows_what_is_allowed() {
        assert_eq!(vendor().cap_limits(), CapLimits::all_of(&Namespace::DEFAULT));
        let allowed = Wish { allowed_namespaces: Some(names(&["temp", "profile"])), ..Wish::default() };
        let narrowed = vendor().change_settings(&change(allowed)).unwrap();
        assert_eq!(narrowed.allowed_namespaces, [Profile, Temp], "in the catalogue's order");
        assert_eq!(narrowed.cap_limits(), CapLimits::all_of(&[Profile, Temp]));
    }

    #[test]
    fn what_is_chosen_is_narrowed_along_and_never_widened() {
        let chosen = Wish {
            fetch: Some(Some(names(&["child", "profile"]))),
            store: Some(Some(Vec::new())),
            max_ttl_seconds: Some(60),
            ..Wish::default()
        };
        let vendor = vendor().change_settings(&change(chosen)).unwrap();
        let limits = CapLimits { fetch: vec![Profile, Child], store: Vec::new(), max_ttl_seconds: 60 };
        assert_eq!(vendor.cap_limits(), limits);
        let allow = |allowed: &[&str]| Wish { allowed_namespaces: Some(names(allowed)), ..Wish::default() };
        let vendor = vendor.change_settings(&change(allow(&["profile", "family"]))).unwrap();
        let vendor = vendor.change_settings(&change(allow(&["profile", "family", "child"]))).unwrap();
        assert_eq!(vendor.cap_limits().fetch, [Profile]);
        let back = Wish { fetch: Some(None), ..Wish::default() };
        assert_eq!(vendor.change_settings(&change(back)).unwrap().cap_limits().fetch, [Profile, Family, Child]);
    }

    #[test]
    fn every_fault_at_once() {
        let wish = Wish {
            allowed_namespaces: Some(names(&["work", "home", "work"])),
            fetch: Some(Some(names(&["x"]))),
            max_ttl_seconds: Some(301),
            require_approval: Some(names(&["payment"])),
            security: Some(false),
            locale: Some("fr".into()),
            ..Wish::default()
        };
        let expected = [
            "/allowed_namespaces/1",
            "/allowed_namespaces/2",
            "/cap_policy/fetch/0",
            "/cap_policy/max_ttl_seconds",
            "/locale",
            "/cap_policy/require_approval",
            "/notifications/security",
        ];
        assert_eq!(pointers(SettingsChange::parse(wish).unwrap_err()), expected);
        let wide = Wish {
            allowed_namespaces: Some(names(&["profile"])),
            fetch: Some(Some(names(&["work"]))),
            store: Some(Some(names(&["profile", "travel"]))),
            ..Wish::default()
        };
        let refused = vendor().change_settings(&change(wide)).unwrap_err();
        assert_eq!(pointers(refused), ["/cap_policy/fetch", "/cap_policy/store"]);
    }

    #[test]
    fn nobody_chooses_for_a_closed_vendor() {
        let closed = Vendor { status: crate::vendor::Status::Closed, ..vendor() };
        assert_eq!(closed.change_settings(&change(Wish::default())), Err(Error::VendorSuspended));
    }
}
