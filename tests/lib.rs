//! The proof: one binary whose tree mirrors the URL tree.
//!
//! Every test has a portal of its own, in memory, on a port of its own: tests run side by side and know nothing of each
//! other. Nobody sleeps: the portal's clock is moved.

#[cfg(test)]
mod api;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod journeys;
#[cfg(test)]
mod ledgers;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod proofs;
