//! `/v1/vendor`

pub mod audit;
pub mod branding;
pub mod caps;
pub mod devices;
pub mod get;
pub mod imports;
pub mod onboarding;
pub mod payment;
pub mod sessions;
pub mod settings;
pub mod signup;
pub mod terms;
pub mod tokens;
pub mod verify_email;
