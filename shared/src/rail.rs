//! Payment rails and what a vendor's connection to one looks like.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::{AttemptId, VendorId};
use crate::money::Currency;
use crate::profile::Country;

/// A payment rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rail {
    /// Stripe, in USD.
    Stripe,
    /// Alipay, in CNY.
    Alipay,
}

impl Rail {
    /// The currency that follows from the rail.
    pub fn currency(self) -> Currency {
        match self {
            Self::Stripe => Currency::Usd,
            Self::Alipay => Currency::Cny,
        }
    }
}

/// How far the connection is that the vendor pays by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Payment {
    /// No rail chosen.
    #[default]
    None,
    /// The vendor was sent to the provider's page.
    Pending {
        /// By which rail.
        rail: Rail,
    },
    /// A payment method is saved and is the default.
    Connected {
        /// By which rail.
        rail: Rail,
        /// Since when.
        since: Timestamp,
    },
}

impl Payment {
    /// The rail, once one was chosen.
    pub fn rail(&self) -> Option<Rail> {
        match self {
            Self::None => None,
            Self::Pending { rail } | Self::Connected { rail, .. } => Some(*rail),
        }
    }
}

/// How far the account is that the vendor is paid through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payouts {
    /// No account yet.
    #[default]
    None,
    /// The provider waits for the vendor's details, or checks them.
    Pending,
    /// Payouts flow.
    Enabled,
    /// The provider asks the vendor for something.
    ActionRequired,
}

/// A vendor's objects at Stripe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripeObjects {
    /// Whose they are.
    pub vendor_id: VendorId,
    /// Names the current visit to the hosted page; part of the checkout session's idempotency key.
    pub attempt: AttemptId,
    /// `cus_…`, who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// `cs_…`, the current visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_session: Option<String>,
    /// `pm_…`, the saved default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method: Option<String>,
    /// Where the account that is paid is at home: written down before Stripe hears of it, so that a second try asks
    /// for the same account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_country: Option<Country>,
    /// `acct_…`, who is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How far that account is.
    #[serde(default)]
    pub payouts: Payouts,
    /// Optimistic lock, counts changes.
    pub version: u64,
}

impl StripeObjects {
    /// Nothing made at Stripe yet.
    pub fn new(vendor_id: VendorId, attempt: AttemptId) -> Self {
        Self {
            vendor_id,
            attempt,
            customer: None,
            checkout_session: None,
            payment_method: None,
            account_country: None,
            account: None,
            payouts: Payouts::None,
            version: 0,
        }
    }
}
