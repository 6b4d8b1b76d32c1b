//! `/v1/vendor`

mod audit;
mod devices;
mod get;
mod imports;
mod onboarding;
mod payment;
mod sessions;
mod signup;
mod terms;
mod tokens;
mod verify_email;
