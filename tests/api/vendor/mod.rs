//! `/v1/vendor`

mod audit;
mod branding;
mod caps;
mod devices;
mod get;
mod imports;
mod onboarding;
mod payment;
mod sessions;
mod settings;
mod signup;
mod terms;
mod tokens;
mod verify_email;
