//! `/v1/vendor`

pub mod audit;
pub mod devices;
pub mod get;
pub mod imports;
pub mod onboarding;
pub mod payment;
pub mod sessions;
pub mod signup;
pub mod terms;
pub mod tokens;
pub mod verify_email;
