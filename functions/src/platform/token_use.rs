//! What an instance has noted of the use of vendor tokens, so that an hour and an address that it knows cost nothing.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Error;
use domain::address::AddressBlock;
use domain::audit::By;
use domain::clock::{Timestamp, whole_hour};
use domain::ids::TokenId;
use domain::token::VendorToken;

use super::store::VendorStore;

/// How many tokens' hours, and how many addresses, an instance remembers at most.
const REMEMBERED: usize = 4096;

/// What was noted.
#[derive(Default)]
pub struct Uses(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    hours: HashMap<TokenId, Timestamp>,
    addresses: HashSet<(TokenId, AddressBlock)>,
    /// The same, after the token was replaced.
    in_grace: HashSet<(TokenId, AddressBlock)>,
}

/// What of a use is still to be noted.
struct Fresh {
    hour: bool,
    address: Option<AddressBlock>,
    in_grace: Option<AddressBlock>,
}

impl Uses {
    /// Notes a use of `token` that was let in. A use that can't be noted is none the less good: it is logged here and
    /// noted with the next.
    pub async fn note(&self, store: &VendorStore, token: &VendorToken, address: Option<AddressBlock>, by: &By) {
        let fresh = self.fresh(token, address, by.at);
        if let Err(error) = self.write(store, token, address, &fresh, by).await {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
    }

    fn fresh(&self, token: &VendorToken, address: Option<AddressBlock>, now: Timestamp) -> Fresh {
        let noted = self.lock();
        let unknown = |known: &HashSet<_>| address.filter(|address| !known.contains(&(token.token_id, *address)));
        Fresh {
            hour: noted.hours.get(&token.token_id) != Some(&whole_hour(now)),
            address: unknown(&noted.addresses),
            in_grace: unknown(&noted.in_grace).filter(|_| token.rotated_at.is_some()),
        }
    }

    async fn write(
        &self,
        store: &VendorStore,
        token: &VendorToken,
        address: Option<AddressBlock>,
        fresh: &Fresh,
        by: &By,
    ) -> Result<(), Error> {
        if fresh.hour {
            store.note_token_use(token, address, by).await?;
            let mut noted = self.lock();
            if noted.hours.len() >= REMEMBERED {
                noted.hours.clear();
            }
            noted.hours.insert(token.token_id, whole_hour(by.at));
        }
        if let Some(address) = fresh.address {
            store.note_token_address(token, address, by).await?;
            remember(&mut self.lock().addresses, (token.token_id, address));
        }
        if let Some(address) = fresh.in_grace {
            store.note_grace_use(token, address, by).await?;
            remember(&mut self.lock().in_grace, (token.token_id, address));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remember<T: Eq + Hash>(known: &mut HashSet<T>, new: T) {
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(new);
}
