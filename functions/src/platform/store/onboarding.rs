//! How far a vendor is on its way to the first device.

use domain::Error;
use domain::clock::Timestamp;
use domain::onboarding::{Step, StepStatus, steps};
use domain::vendor::Status;

use super::VendorStore;

/// A vendor's steps as they stand.
pub struct Onboarding {
    /// The vendor's status.
    pub status: Status,
    /// All steps in order.
    pub steps: Vec<(Step, StepStatus)>,
}

impl Onboarding {
    /// Reads what the steps depend on.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn read(store: &VendorStore, now: Timestamp) -> Result<Self, Error> {
        let (vendor, token) = tokio::try_join!(store.vendor(), store.live_token(now))?;
        // Nobody has a device who was never active.
        let was_active = !matches!(vendor.status, Status::PendingVerification | Status::Onboarding);
        let has_device = was_active && store.has_device().await?;
        Ok(Self { status: vendor.status, steps: steps(&vendor, token.is_some(), has_device).to_vec() })
    }
}
