//! The price book: versioned, and a vendor is pinned to the version it accepted with the terms.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money};

/// What a vendor pays by. Changed by operations only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// The price of the first vendors, kept for them.
    Pilot,
    /// The list price.
    Standard,
}

/// One version of the price book; prices per active device and month, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceVersion {
    /// Its name, which a vendor's acceptance keeps.
    pub version: &'static str,
    pilot: [i64; 2],
    standard: [i64; 2],
}

/// All versions, oldest first; in each row USD, then CNY.
pub const PRICE_BOOK: &[PriceVersion] =
    &[PriceVersion { version: "2026-11", pilot: [200, 1400], standard: [300, 2100] }];

/// The version that a vendor who accepts the terms today is pinned to.
pub const CURRENT: &PriceVersion = &PRICE_BOOK[PRICE_BOOK.len() - 1];

impl PriceVersion {
    /// The version called `name`.
    pub fn find(name: &str) -> Option<&'static Self> {
        PRICE_BOOK.iter().find(|version| version.version == name)
    }

    /// Price of one active device for one month.
    pub fn device_month(&self, plan: Plan, currency: Currency) -> Money {
        let [usd, cny] = match plan {
            Plan::Pilot => self.pilot,
            Plan::Standard => self.standard,
        };
        let amount = match currency {
            Currency::Usd => usd,
            Currency::Cny => cny,
        };
        Money { amount, currency }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_book() {
        let book = PriceVersion::find("2026-11").unwrap();
        assert_eq!(book.device_month(Plan::Pilot, Currency::Usd), Money { amount: 200, currency: Currency::Usd });
        assert_eq!(book.device_month(Plan::Pilot, Currency::Cny), Money { amount: 1400, currency: Currency::Cny });
        assert_eq!(book.device_month(Plan::Standard, Currency::Usd).amount, 300);
        assert_eq!(book.device_month(Plan::Standard, Currency::Cny).amount, 2100);
        assert_eq!(PriceVersion::find("2020-01"), None);
    }
}
