//! `/v1/vendor/branding/logo`

pub mod get;
pub mod remove;
pub mod upload;

use utoipa::ToSchema;

/// A picture: the bytes of a PNG or a WebP file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
struct PictureFile(#[expect(dead_code, reason = "it only names a schema")] Vec<u8>);
