//! Each endpoint, in a tree that mirrors the URLs'; and what holds for all of them.

mod access;
mod bodies;
mod caps;
mod crossing;
mod forgeries;
mod gate;
mod legal;
mod meta;
mod origin;
mod problems;
mod schemas;
mod tokens;
mod vendor;
mod webhooks;
mod well_known;
