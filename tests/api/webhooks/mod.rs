//! `/webhooks`

mod stripe;
