//! Money: an integer count of minor units with its currency. Never a float.

use serde::{Deserialize, Serialize};

/// The currencies of the two rails (ISO 4217). Both have two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// US dollar, on the Stripe rail.
    Usd,
    /// Renminbi, on the Alipay rail.
    Cny,
}

impl Currency {
    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Cny => "CNY",
        }
    }
}

/// An amount in minor units (cents, fen).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative for a credit.
    pub amount: i64,
    /// What the units are of.
    pub currency: Currency,
}
