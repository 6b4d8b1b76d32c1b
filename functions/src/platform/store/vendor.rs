//! Vendors and who owns which e-mail address.

use data_encoding::HEXLOWER;
use domain::Error;
use domain::audit::By;
use domain::ids::VendorId;
use domain::profile::EmailAddress;
use domain::vendor::Vendor;
use serde::{Deserialize, Serialize};

use super::{Entity, Key, Read, Row, Store, Transacted, VendorStore, Write};

/// How often a change is tried against others' changes of the same vendor.
pub(super) const ATTEMPTS: u32 = 5;

impl Entity for Vendor {
    const KIND: &'static str = "vendor";

    fn key(&self) -> Key {
        vendor_key(self.vendor_id)
    }
}

/// The key of a vendor's profile.
pub fn vendor_key(vendor_id: VendorId) -> Key {
    Key::new(vendor_partition(vendor_id), "PROFILE")
}

/// Where a vendor's own items are.
pub(super) fn vendor_partition(vendor_id: VendorId) -> String {
    format!("VENDOR#{vendor_id}")
}

/// Makes an address unique.
#[derive(Debug, Serialize, Deserialize)]
pub struct EmailOwner {
    /// SHA-256 of the address, in hex.
    pub digest: String,
    /// Whose it is.
    pub vendor_id: VendorId,
}

impl Entity for EmailOwner {
    const KIND: &'static str = "email";

    fn key(&self) -> Key {
        Key::new(format!("EMAIL#{}", self.digest), "VENDOR")
    }
}

impl EmailOwner {
    fn new(email: &EmailAddress, vendor_id: VendorId) -> Self {
        Self { digest: HEXLOWER.encode(&email.digest()), vendor_id }
    }
}

impl Store {
    /// Who signed up with `email`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn vendor_by_email(&self, email: &EmailAddress) -> Result<Option<VendorId>, Error> {
        let key = Key::new(format!("EMAIL#{}", HEXLOWER.encode(&email.digest())), "VENDOR");
        let owner: Option<Row<EmailOwner>> = self.get(&key, Read::Consistent).await?;
        Ok(owner.map(|row| row.item.vendor_id))
    }

    /// Creates a vendor and takes its address. `false` when the address, or the vendor, is there already.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn create_vendor(&self, vendor: &Vendor, by: &By) -> Result<bool, Error> {
        let owner = EmailOwner::new(&vendor.profile.email, vendor.vendor_id);
        let writes =
            vec![Write::Create(Row::new(&owner, by).into_item()?), Write::Create(Row::new(vendor, by).into_item()?)];
        match self.transact(writes).await? {
            Transacted::Done => Ok(true),
            Transacted::Refused(_) => Ok(false),
            Transacted::Busy => Err(Error::Unavailable("two sign-ups with one address at once".into())),
        }
    }
}

impl VendorStore {
    /// The vendor.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Unavailable`].
    pub async fn vendor(&self) -> Result<Vendor, Error> {
        let row: Option<Row<Vendor>> = self.store.get(&vendor_key(self.vendor_id), Read::Consistent).await?;
        row.map(|row| row.item).ok_or(Error::NotFound)
    }

    /// The row of `vendor` one version on, for a transaction.
    pub(super) fn next_version(vendor: Vendor, by: &By) -> Result<(Vendor, Write), Error> {
        let vendor = Vendor { version: vendor.version + 1, ..vendor };
        let write = Write::Replace(Row::new(&vendor, by).into_item()?, vendor.version);
        Ok((vendor, write))
    }

    /// Changes the vendor by `change`, again if somebody else was faster. A change that changes nothing is not written.
    ///
    /// # Errors
    /// What `change` refuses; [`Error::Conflict`] when others keep being faster; [`Error::Unavailable`].
    pub async fn change_vendor(
        &self,
        by: &By,
        change: impl Fn(Vendor) -> Result<Vendor, Error>,
    ) -> Result<Vendor, Error> {
        for _ in 0..ATTEMPTS {
            let before = self.vendor().await?;
            let after = change(before.clone())?;
            if after == before {
                return Ok(before);
            }
            let after = Vendor { version: before.version + 1, ..after };
            if self.store.replace(&after, after.version, by).await? {
                return Ok(after);
            }
        }
        Err(Error::Conflict("others change this vendor at the same time; try again"))
    }
}
