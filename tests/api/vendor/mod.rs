//! `/v1/vendor`

mod audit;
mod caps;
mod devices;
mod get;
mod onboarding;
mod payment;
mod sessions;
mod signup;
mod terms;
mod tokens;
mod verify_email;
