//! JSON endpoints: one endpoint, one file; the path of the file spells the URL.

pub mod caps;
pub mod legal;
pub mod meta;
pub mod schemas;
pub mod tokens;
pub mod vendor;
pub mod well_known;
