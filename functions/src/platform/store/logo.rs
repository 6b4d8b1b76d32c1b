//! Logos: one item for each picture, found by its hash, there as long as its vendor shows it.

use domain::Error;
use domain::audit::By;
use domain::branding::{Logo, Media};
use domain::ids::VendorId;
use domain::vendor::Vendor;
use serde::{Deserialize, Serialize};

use super::vendor::{ATTEMPTS, vendor_partition};
use super::{Entity, Key, Read, Row, Store, Transacted, VendorStore, Write};

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredLogo {
    /// Whose it is.
    pub vendor_id: VendorId,
    /// SHA-256 of the picture, in hex.
    pub sha256: String,
    /// What it is.
    pub media_type: Media,
    /// The picture.
    #[serde(with = "serde_bytes")]
    pub picture: Vec<u8>,
}

impl Entity for StoredLogo {
    const KIND: &'static str = "logo";

    fn key(&self) -> Key {
        logo_key(self.vendor_id, &self.sha256)
    }
}

fn logo_key(vendor_id: VendorId, sha256: &str) -> Key {
    Key::new(vendor_partition(vendor_id), format!("LOGO#{sha256}"))
}

impl Store {
    /// A vendor's logo, which everybody may see, if this is its hash.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn public_logo(&self, vendor_id: VendorId, sha256: &str) -> Result<Option<StoredLogo>, Error> {
        let key = logo_key(vendor_id, sha256);
        let row: Option<Row<StoredLogo>> = match self.get(&key, Read::Eventual).await? {
            Some(row) => Some(row),
            // The cheap read may lag behind an upload of a moment ago, whose URL the vendor has already.
            None => self.get(&key, Read::Consistent).await?,
        };
        Ok(row.map(|row| row.item))
    }
}

impl VendorStore {
    /// Puts another logo, or none, in the place of the vendor's, if `check` lets the vendor through as it is. The
    /// pictures come and go with the vendor's word for them, so that none is left over.
    ///
    /// # Errors
    /// What `check` refuses; [`Error::VendorSuspended`] for a closed vendor; [`Error::Conflict`] when others keep being
    /// faster; [`Error::Unavailable`].
    pub async fn change_logo(
        &self,
        new: Option<(Logo, Vec<u8>)>,
        by: &By,
        check: impl Fn(&Vendor) -> Result<(), Error>,
    ) -> Result<Vendor, Error> {
        for _ in 0..ATTEMPTS {
            let before = self.vendor().await?;
            check(&before)?;
            let logo = new.as_ref().map(|(logo, _)| logo.clone());
            if logo == before.logo {
                return Ok(before);
            }
            let old = before.logo.clone();
            let (vendor, replace) = Self::next_version(before.change_logo(logo)?, by)?;
            let mut writes = vec![replace];
            if let Some((logo, picture)) = &new {
                let item = StoredLogo {
                    vendor_id: self.vendor_id,
                    sha256: logo.sha256.clone(),
                    media_type: logo.media_type,
                    picture: picture.clone(),
                };
                writes.push(Write::Create(Row::new(&item, by).into_item()?));
            }
            writes.extend(old.map(|old| Write::Take(logo_key(self.vendor_id, &old.sha256))));
            if self.store.transact(writes).await? == Transacted::Done {
                return Ok(vendor);
            }
        }
        Err(Error::Conflict("others change this vendor at the same time; try again"))
    }
}
