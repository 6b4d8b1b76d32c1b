//! What a vendor says of itself: where to reach it, what it is called, which language it reads.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use crate::Error;
use crate::error::FieldErrors;
use crate::text;

/// An e-mail address in its normal form: trimmed and in lower case.
///
/// ASCII only, since SES takes no others: a domain of other letters goes in its `xn--` form. That an address exists is
/// proved by mailing it, not by its looks.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the normal form: what makes an address unique without a key that names it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl FromStr for EmailAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "expected an e-mail address such as name@example.com, at most 254 ASCII characters".to_owned();
        let address = text.trim().to_ascii_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or_else(wrong)?;
        let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&c);
        let local_ok =
            (1..=64).contains(&local.len()) && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
        let label = |part: &str| {
            (1..=63).contains(&part.len())
                && part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        let domain_ok = domain.contains('.') && domain.split('.').all(label);
        if address.len() > 254 || !local_ok || !domain_ok {
            return Err(wrong());
        }
        Ok(Self(address))
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The language that a vendor reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Locale {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    ZhCn,
}

impl Locale {
    /// The BCP 47 tag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
        }
    }

    /// The better of the two for an `Accept-Language` header: whichever of `en` and `zh` it names first.
    pub fn from_accept_language(header: &str) -> Self {
        header
            .split(',')
            .find_map(|range| match range.trim().get(..2)?.to_ascii_lowercase().as_str() {
                "zh" => Some(Self::ZhCn),
                "en" => Some(Self::En),
                _ => None,
            })
            .unwrap_or_default()
    }
}

impl FromStr for Locale {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "zh-CN" => Ok(Self::ZhCn),
            _ => Err("expected en or zh-CN".into()),
        }
    }
}

/// A country by its ISO 3166-1 alpha-2 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Country(String);

impl Country {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Country {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
            true => Ok(Self(text.to_owned())),
            false => Err("expected an ISO 3166-1 alpha-2 code in capitals, such as CN or US".into()),
        }
    }
}

/// What a person says of a vendor at sign-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignUp {
    /// Where to reach it.
    pub email: EmailAddress,
    /// The name that it shows, 1 to 100 characters.
    pub display_name: String,
    /// The language that it reads.
    pub locale: Locale,
    /// Where it is at home, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

impl SignUp {
    /// Checks what was said.
    ///
    /// # Errors
    /// [`Error::ValidationFailed`] with every fault.
    pub fn parse(email: &str, display_name: &str, locale: Option<&str>, country: Option<&str>) -> Result<Self, Error> {
        let mut faults = FieldErrors::default();
        let email = faults.take("/email", email.parse());
        let display_name = faults.take("/display_name", text::line(display_name, 100));
        let locale = faults.take("/locale", locale.map_or(Ok(Locale::default()), str::parse));
        let country = faults.take("/country", country.map(str::parse).transpose());
        match (email, display_name, locale, country) {
            (Some(email), Some(display_name), Some(locale), Some(country)) => {
                Ok(Self { email, display_name, locale, country })
            }
            _ => Err(faults.into_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b.co", "Ops+test@FoloToy.example", "o'neil@xn--fsqu00a.xn--0zwm56d"] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@",
            "a b@c.de",
            "a@b..c",
            ".a@b.co",
            "a@-b.co",
            "用户@例子.中国",
            "a@b.co\nBcc: x@y.z",
            &format!("{}@b.co", "a".repeat(65)),
        ] {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad}");
        }
        assert_eq!(" A@B.co ".parse::<EmailAddress>().unwrap().as_str(), "a@b.co");
    }

    #[test]
    fn languages() {
        assert_eq!(Locale::from_accept_language("zh-CN,zh;q=0.9,en;q=0.8"), Locale::ZhCn);
        assert_eq!(Locale::from_accept_language("fr, en;q=0.5"), Locale::En);
        assert_eq!(Locale::from_accept_language("é"), Locale::En);
    }
}
