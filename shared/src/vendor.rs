//! The vendor: one hardware company, and its way through its states.

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::branding::{Branding, Logo};
use crate::cap::Namespace;
use crate::clock::Timestamp;
use crate::ids::VendorId;
use crate::money::{Currency, Money};
use crate::onboarding;
use crate::pricing::{self, Plan, PriceVersion};
use crate::profile::{Country, SignUp};
use crate::rail::{Payment, Rail};
use crate::settings::{CapChoice, Notifications};
use crate::terms::{Acceptance, Signature};

/// Where a vendor is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Signed up; its address is not proved.
    PendingVerification,
    /// Its address is proved; steps are missing.
    Onboarding,
    /// May issue tokens and register devices.
    Active,
    /// Stopped by operations.
    Suspended,
    /// Gone.
    Closed,
}

/// A vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vendor {
    /// Its name for good.
    pub vendor_id: VendorId,
    /// Where it is in its life.
    pub status: Status,
    /// What it said of itself.
    #[serde(flatten)]
    pub profile: SignUp,
    /// When it signed up.
    pub created_at: Timestamp,
    /// When its address was proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified_at: Option<Timestamp>,
    /// What it signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<Acceptance>,
    /// How it pays.
    #[serde(default)]
    pub payment: Payment,
    /// By which plan.
    pub plan: Plan,
    /// The price version that it accepted with the terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_version: Option<String>,
    /// What its devices may reach at most.
    pub allowed_namespaces: Vec<Namespace>,
    /// How the policy of its new devices is narrower than that.
    #[serde(default, skip_serializing_if = "CapChoice::is_default")]
    pub cap_policy: CapChoice,
    /// Which mails it gets.
    #[serde(default, skip_serializing_if = "Notifications::is_default")]
    pub notifications: Notifications,
    /// What it says of itself to parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branding: Option<Branding>,
    /// Its logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    /// Optimistic lock, counts changes.
    pub version: u64,
}

impl Vendor {
    /// A vendor that has just signed up.
    pub fn signed_up(vendor_id: VendorId, profile: SignUp, at: Timestamp) -> Self {
        Self {
            vendor_id,
            status: Status::PendingVerification,
            profile,
            created_at: at,
            email_verified_at: None,
            terms: None,
            payment: Payment::None,
            plan: Plan::Pilot,
            price_version: None,
            allowed_namespaces: Namespace::DEFAULT.to_vec(),
            cap_policy: CapChoice::default(),
            notifications: Notifications::default(),
            branding: None,
            logo: None,
            version: 0,
        }
    }

    /// The address is proved. Proved twice is proved once.
    ///
    /// # Errors
    /// [`Error::VendorSuspended`] for a closed vendor.
    pub fn verify_email(mut self, at: Timestamp) -> Result<Self, Error> {
        self.refuse_closed()?;
        self.email_verified_at.get_or_insert(at);
        Ok(self.advance())
    }

    /// The terms in force are signed, which pins the price of the day. Signed twice, the first signature stands.
    ///
    /// # Errors
    /// [`Error::VendorSuspended`] for a closed vendor.
    pub fn accept_terms(mut self, signature: Signature, address: Option<String>, at: Timestamp) -> Result<Self, Error> {
        self.refuse_closed()?;
        if !self.terms.as_ref().is_some_and(Acceptance::is_current) {
            self.terms = Some(Acceptance {
                tos_version: crate::terms::CURRENT_VERSION.to_owned(),
                dpa_version: crate::terms::CURRENT_VERSION.to_owned(),
                signatory_name: signature.name,
                signatory_title: signature.title,
                accepted_at: at,
                address,
            });
            self.price_version.get_or_insert_with(|| pricing::CURRENT.version.to_owned());
        }
        Ok(self.advance())
    }

    /// The vendor was sent to `rail`'s page. A rail that is connected stays so until the new one is.
    ///
    /// # Errors
    /// [`Error::VendorSuspended`] for a closed vendor.
    pub fn payment_started(mut self, rail: Rail) -> Result<Self, Error> {
        self.refuse_closed()?;
        if !matches!(self.payment, Payment::Connected { .. }) {
            self.payment = Payment::Pending { rail };
        }
        Ok(self.advance())
    }

    /// `rail` has a payment method that can be charged. A rail that was connected stays connected since then.
    ///
    /// # Errors
    /// [`Error::VendorSuspended`] for a closed vendor.
    pub fn payment_connected(mut self, rail: Rail, at: Timestamp) -> Result<Self, Error> {
        self.refuse_closed()?;
        if !matches!(self.payment, Payment::Connected { rail: connected, .. } if connected == rail) {
            self.payment = Payment::Connected { rail, since: at };
        }
        Ok(self.advance())
    }

    /// Refuses what only an active vendor may do.
    ///
    /// # Errors
    /// [`Error::OnboardingIncomplete`] with the missing steps, [`Error::VendorSuspended`] when stopped.
    pub fn require_active(&self) -> Result<(), Error> {
        match self.status {
            Status::Active => Ok(()),
            Status::PendingVerification | Status::Onboarding => {
                Err(Error::OnboardingIncomplete(onboarding::missing(self)))
            }
            Status::Suspended | Status::Closed => Err(Error::VendorSuspended),
        }
    }

    /// The currency of its rail; before one is chosen, that of its country's.
    pub fn currency(&self) -> Currency {
        let at_home = match self.profile.country.as_ref().map(Country::as_str) {
            Some("CN") => Rail::Alipay,
            Some(_) | None => Rail::Stripe,
        };
        self.payment.rail().unwrap_or(at_home).currency()
    }

    /// What an active device costs it a month: by the version that it is pinned to, or today's before it accepted one.
    ///
    /// # Errors
    /// [`Error::Internal`] when the book does not have its version: no price is better than another.
    pub fn price(&self) -> Result<Money, Error> {
        let book = match self.price_version.as_deref() {
            None => Some(pricing::CURRENT),
            Some(version) => PriceVersion::find(version),
        };
        let book = book.ok_or_else(|| Error::Internal("a vendor's price version is not in the book".into()))?;
        Ok(book.device_month(self.plan, self.currency()))
    }

    pub(crate) fn refuse_closed(&self) -> Result<(), Error> {
        match self.status {
            Status::Closed => Err(Error::VendorSuspended),
            Status::PendingVerification | Status::Onboarding | Status::Active | Status::Suspended => Ok(()),
        }
    }

    /// Moves on as far as what is done allows. Never back, and never out of a stop.
    fn advance(mut self) -> Self {
        let missing = onboarding::missing(&self);
        self.status = match self.status {
            Status::PendingVerification | Status::Onboarding if missing.is_empty() => Status::Active,
            Status::PendingVerification if self.email_verified_at.is_some() => Status::Onboarding,
            status @ (Status::PendingVerification
            | Status::Onboarding
            | Status::Active
            | Status::Suspended
            | Status::Closed) => status,
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onboarding::Step;
    use crate::terms::CURRENT_VERSION;
    use proptest::prelude::*;

    fn vendor() -> Vendor {
        let profile = SignUp::parse(" Ops@FoloToy.example ", "FoloToy 火火兔", Some("zh-CN"), Some("CN")).unwrap();
        Vendor::signed_up("ven_01JZ8Q6V3M4N5P6R7S8T9V0W1X".parse().unwrap(), profile, at())
    }

    fn at() -> Timestamp {
        "2026-11-22T00:00:00Z".parse().unwrap()
    }

    fn step(vendor: Vendor, which: usize) -> Vendor {
        match which {
            0 => vendor.verify_email(at()).unwrap(),
            1 => {
                let signature = Signature::parse(CURRENT_VERSION, CURRENT_VERSION, "Li Lei", "CEO").unwrap();
                vendor.accept_terms(signature, None, at()).unwrap()
            }
            _ => vendor.payment_connected(Rail::Stripe, at()).unwrap(),
        }
    }

    #[test]
    fn what_is_missing_is_named_in_order() {
        let error = vendor().require_active().unwrap_err();
        assert_eq!(
            error,
            Error::OnboardingIncomplete(vec![Step::VerifyEmail, Step::AcceptTerms, Step::ConnectPayment])
        );
        let error = step(step(vendor(), 0), 2).require_active().unwrap_err();
        assert_eq!(error, Error::OnboardingIncomplete(vec![Step::AcceptTerms]));
    }

    #[test]
    fn closed_stays_closed() {
        let closed = Vendor { status: Status::Closed, ..vendor() };
        assert_eq!(closed.verify_email(at()), Err(Error::VendorSuspended));
    }

    proptest! {
        #[test]
        fn active_exactly_when_all_three_are_done(order in proptest::collection::vec(0_usize..3, 0..8)) {
            let done = order.iter().fold(vendor(), |vendor, which| step(vendor, *which));
            let all = (0..3).all(|which| order.contains(&which));
            prop_assert_eq!(done.status == Status::Active, all);
            prop_assert_eq!(done.require_active().is_ok(), all);
        }
    }
}
