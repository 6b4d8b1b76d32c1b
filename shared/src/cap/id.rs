//! The ids of caps. Caps are not stored, so what may be revoked by whom is read from the id.

use sha2::{Digest, Sha256};

use super::REVOKED_SECONDS;
use crate::Error;
use crate::clock::{Timestamp, plus_seconds};
use crate::ids::{CapId, VendorId};
use crate::token::LEEWAY_SECONDS;

/// Bytes of a cap's id that say when it was minted and tell it from others.
const CAP_ID_OWN: usize = 13;

impl CapId {
    /// The id of a cap of `vendor_id`: a moment, 56 random bits, and 24 that follow from these and the vendor. Caps are
    /// not stored; so an id says itself whose it may be, and one that was mistyped is no id. It is no proof to anybody
    /// else: a verifier compares the vendor as well.
    pub fn of(vendor_id: VendorId, at: Timestamp, random: [u8; 7]) -> Self {
        let mut low = [0; 10];
        low[..7].copy_from_slice(&random);
        let mut bits = Self::new(at, low).to_bits();
        let tag = tag(vendor_id, &bits[..CAP_ID_OWN]);
        bits[CAP_ID_OWN..].copy_from_slice(&tag);
        Self::from_bits(bits)
    }

    /// Whether this may be the id of a cap of `vendor_id`. One of another vendor passes once in 16 million.
    pub fn is_of(self, vendor_id: VendorId) -> bool {
        let bits = self.to_bits();
        bits[CAP_ID_OWN..] == tag(vendor_id, &bits[..CAP_ID_OWN])
    }
}

fn tag(vendor_id: VendorId, own: &[u8]) -> [u8; 3] {
    let hash = Sha256::new().chain_update(b"agentkeys-cap-id-v1\0").chain_update(vendor_id.to_bits());
    let hash = hash.chain_update(own).finalize();
    [hash[0], hash[1], hash[2]]
}

/// Until when a revocation of `cap_id`, asked for by `vendor_id` at `now`, has to be told; `None` when its cap is over
/// anyway.
///
/// # Errors
/// [`Error::NotFound`] when this vendor can have no such cap: the id is another's, or of a time to come.
pub fn decide_revocation(cap_id: CapId, vendor_id: VendorId, now: Timestamp) -> Result<Option<Timestamp>, Error> {
    let minted_at = cap_id.made_at();
    if !cap_id.is_of(vendor_id) || minted_at > plus_seconds(now, LEEWAY_SECONDS) {
        return Err(Error::NotFound);
    }
    let until = plus_seconds(minted_at, REVOKED_SECONDS);
    Ok((now < until).then_some(until))
}
