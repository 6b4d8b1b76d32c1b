//! The terms of service and the data processing addendum, and their acceptance.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::clock::Timestamp;
use crate::error::FieldErrors;
use crate::text;

/// The version of both documents that is to be accepted today.
pub const CURRENT_VERSION: &str = "2026-11-22";

/// A legal document of the portal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// Terms of service.
    Tos,
    /// Data processing addendum.
    Dpa,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tos => "tos",
            Self::Dpa => "dpa",
        })
    }
}

impl FromStr for Document {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "tos" => Ok(Self::Tos),
            "dpa" => Ok(Self::Dpa),
            _ => Err(Error::NotFound),
        }
    }
}

/// Who accepted what, when, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Version of the terms of service.
    pub tos_version: String,
    /// Version of the data processing addendum.
    pub dpa_version: String,
    /// Who signs for the vendor.
    pub signatory_name: String,
    /// In what capacity.
    pub signatory_title: String,
    /// When, to the second.
    pub accepted_at: Timestamp,
    /// From which address, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Acceptance {
    /// Whether it covers the documents in force.
    pub fn is_current(&self) -> bool {
        self.tos_version == CURRENT_VERSION && self.dpa_version == CURRENT_VERSION
    }
}

/// A signature to the documents in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who signs, 1 to 100 characters.
    pub name: String,
    /// In what capacity, 1 to 100 characters.
    pub title: String,
}

impl Signature {
    /// Checks a signature and that it is to the versions in force.
    ///
    /// # Errors
    /// [`Error::ValidationFailed`] with every fault.
    pub fn parse(tos_version: &str, dpa_version: &str, name: &str, title: &str) -> Result<Self, Error> {
        let current = |version: &str| match version == CURRENT_VERSION {
            true => Ok(()),
            false => Err(format!("the version in force is {CURRENT_VERSION}; see /v1/legal/terms")),
        };
        let mut faults = FieldErrors::default();
        faults.take("/tos_version", current(tos_version));
        faults.take("/dpa_version", current(dpa_version));
        let name = faults.take("/signatory_name", text::line(name, 100));
        let title = faults.take("/signatory_title", text::line(title, 100));
        match (name, title) {
            (Some(name), Some(title)) if faults.is_empty() => Ok(Self { name, title }),
            _ => Err(faults.into_error()),
        }
    }
}
