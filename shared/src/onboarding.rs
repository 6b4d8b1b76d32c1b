//! The way of a vendor from its sign-up to its first device, as a list of steps.

use serde::{Deserialize, Serialize};

use crate::rail::Payment;
use crate::vendor::Vendor;

/// A step, in the order in which a vendor meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Confirm the e-mail address.
    VerifyEmail,
    /// Accept the terms of service and the data processing addendum.
    AcceptTerms,
    /// Connect a payment rail.
    ConnectPayment,
    /// Issue the vendor token.
    IssueToken,
    /// Register the first device.
    RegisterDevice,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Done.
    Done,
    /// Can be done now.
    Todo,
    /// Waits for an earlier step.
    Blocked,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 5] =
        [Self::VerifyEmail, Self::AcceptTerms, Self::ConnectPayment, Self::IssueToken, Self::RegisterDevice];
}

/// What is missing before a vendor may be active, in order.
pub fn missing(vendor: &Vendor) -> Vec<Step> {
    [
        (Step::VerifyEmail, vendor.email_verified_at.is_some()),
        (Step::AcceptTerms, vendor.terms.as_ref().is_some_and(|terms| terms.is_current())),
        (Step::ConnectPayment, matches!(vendor.payment, Payment::Connected { .. })),
    ]
    .into_iter()
    .filter_map(|(step, done)| (!done).then_some(step))
    .collect()
}

/// How every step stands for a vendor with or without a live token and a first device.
pub fn steps(vendor: &Vendor, has_token: bool, has_device: bool) -> [(Step, StepStatus); 5] {
    let missing = missing(vendor);
    let verified = !missing.contains(&Step::VerifyEmail);
    let status = |done: bool, open: bool| match (done, open) {
        (true, _) => StepStatus::Done,
        (false, true) => StepStatus::Todo,
        (false, false) => StepStatus::Blocked,
    };
    Step::ALL.map(|step| {
        let status = match step {
            Step::VerifyEmail => status(verified, true),
            Step::AcceptTerms | Step::ConnectPayment => status(!missing.contains(&step), verified),
            Step::IssueToken => status(has_token, missing.is_empty()),
            Step::RegisterDevice => status(has_device, missing.is_empty() && has_token),
        };
        (step, status)
    })
}
