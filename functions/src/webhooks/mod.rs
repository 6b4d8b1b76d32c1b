//! What payment providers call: raw bytes, checked, kept once by the event's id, answered; worked off from the stream.

pub mod stripe;
