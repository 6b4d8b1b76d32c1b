//! `/.well-known`

mod jwks;
