//! Pages for people, as a browser without scripts meets them.

mod headers;
mod sign_in;
mod verify_email;
