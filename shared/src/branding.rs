//! How a vendor looks to the parents who meet it: name, colour, where to ask for help, logo.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::Url;

use crate::Error;
use crate::error::FieldErrors;
use crate::text;
use crate::vendor::Vendor;

/// The longest name that parents see, in characters.
pub const NAME_CHARACTERS: usize = 64;
/// The longest support URL, in bytes.
pub const URL_BYTES: usize = 255;
/// The largest logo, in bytes.
pub const LOGO_BYTES: usize = 100 * 1024;
/// The longest side of a logo, in pixels.
pub const LOGO_SIDE: u32 = 1024;

/// A colour: `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl Color {
    /// What a vendor has until it chooses one: the portal's own.
    pub const DEFAULT: Self = Self([0x1f, 0x4f, 0xd8]);

    /// How it stands out against white and against black.
    pub fn contrast(self) -> Contrast {
        let luminance = self.luminance();
        // WCAG 2.2, "contrast ratio": white has a relative luminance of 1, black of 0.
        let (white, black) = (1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05);
        Contrast { with_white: two_digits(white), with_black: two_digits(black) }
    }

    /// WCAG 2.2, "relative luminance": 0 to 1.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

fn two_digits(ratio: f64) -> f64 {
    // Down, as WCAG has it: 4.499 is not 4.5.
    (ratio * 100.0).floor() / 100.0
}

/// Contrast ratios by WCAG 2.2, 1 to 21. Text is readable from 4.5 on; the better of the two always is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contrast {
    /// Against white.
    pub with_white: f64,
    /// Against black.
    pub with_black: f64,
}

impl Contrast {
    /// The colour to write with on it.
    pub fn text(self) -> Color {
        if self.with_white >= self.with_black { Color([255; 3]) } else { Color([0; 3]) }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl FromStr for Color {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "expected a colour such as #1f4fd8: a # and six hex digits".to_owned();
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or_else(wrong)?;
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| wrong())?;
        bytes.try_into().map(Self).map_err(|_| wrong())
    }
}

/// Where parents ask for help: an https URL with a domain name, without credentials, at most [`URL_BYTES`] long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportUrl(String);

impl SupportUrl {
    /// The URL, in ASCII.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SupportUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: &str| Err(format!("expected a URL such as https://help.example.com/toys: {why}"));
        // Browsers pass over these, and people do not see them.
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return wrong("no spaces, no control characters, no backslash");
        }
        let Ok(url) = Url::parse(text) else { return wrong("this is none") };
        if url.scheme() != "https" || !text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")) {
            return wrong("it begins with https://");
        }
        if !url.username().is_empty() || url.password().is_some() || url.port().is_some() {
            return wrong("no user, no password, no port");
        }
        if !url.domain().is_some_and(|domain| domain.contains('.')) {
            return wrong("its host is a domain name");
        }
        if url.as_str().len() > URL_BYTES {
            return wrong(&format!("at most {URL_BYTES} bytes, with other than ASCII letters encoded"));
        }
        Ok(Self(url.into()))
    }
}

macro_rules! as_text {
    ($($name:ident => $text:expr),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let text: fn(&Self) -> String = $text;
                serializer.serialize_str(&text(self))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )+};
}

as_text!(Color => ToString::to_string, SupportUrl => |url| url.0.clone());

/// What a vendor says of itself to parents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    /// The name that parents know, 1 to [`NAME_CHARACTERS`] characters.
    pub display_name: String,
    /// Its colour.
    pub accent_color: Color,
    /// Where parents ask for help, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_url: Option<SupportUrl>,
}

impl Branding {
    /// Checks what was said.
    ///
    /// # Errors
    /// [`Error::ValidationFailed`] with every fault.
    pub fn parse(display_name: &str, accent_color: &str, support_url: Option<&str>) -> Result<Self, Error> {
        let mut faults = FieldErrors::default();
        let display_name = faults.take("/display_name", text::line(display_name, NAME_CHARACTERS));
        let accent_color = faults.take("/accent_color", accent_color.parse());
        let support_url = faults.take("/support_url", support_url.map(str::parse).transpose());
        match (display_name, accent_color, support_url) {
            (Some(display_name), Some(accent_color), Some(support_url)) => {
                Ok(Self { display_name, accent_color, support_url })
            }
            _ => Err(faults.into_error()),
        }
    }
}

/// The kinds of pictures that a logo may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Media {
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
}

impl Media {
    /// The media type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// How a file's name ends.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }
}

impl FromStr for Media {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Png, Self::Webp].into_iter().find(|media| media.as_str() == text).ok_or_else(|| "no picture".into())
    }
}

/// What is known of a vendor's logo. The picture itself is found by its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    /// SHA-256 of the picture as it is served, 64 hex digits in lower case.
    pub sha256: String,
    /// What it is.
    pub media_type: Media,
    /// In pixels, 1 to [`LOGO_SIDE`].
    pub width: u32,
    /// In pixels, 1 to [`LOGO_SIDE`].
    pub height: u32,
    /// In bytes, at most [`LOGO_BYTES`].
    pub size: u32,
}

impl Vendor {
    /// What parents see: what the vendor chose, or its own name in the portal's colour.
    pub fn shown_branding(&self) -> Branding {
        self.branding.clone().unwrap_or_else(|| Branding {
            display_name: self.profile.display_name.chars().take(NAME_CHARACTERS).collect(),
            accent_color: Color::DEFAULT,
            support_url: None,
        })
    }

    /// Says anew what parents see.
    ///
    /// # Errors
    /// [`Error::VendorSuspended`] for a closed vendor.
    pub fn change_branding(mut self, branding: Branding) -> Result<Self, Error> {
        self.refuse_closed()?;
        self.branding = Some(branding);
        Ok(self)
    }

    /// Takes another logo, or none.
    ///
    /// # Errors
    /// [`Error::VendorSuspended`] for a closed vendor.
    pub fn change_logo(mut self, logo: Option<Logo>) -> Result<Self, Error> {
        self.refuse_closed()?;
        self.logo = logo;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn support_urls() {
        let good = |text: &str| text.parse::<SupportUrl>().map(|url| url.0);
        assert_eq!(good("https://help.example.com").unwrap(), "https://help.example.com/");
        assert_eq!(good("HTTPS://Help.Example.com/a?b=c#d").unwrap(), "https://help.example.com/a?b=c#d");
        assert_eq!(good("https://例子.中国/帮助").unwrap(), "https://xn--fsqu00a.xn--fiqs8s/%E5%B8%AE%E5%8A%A9");
        for bad in [
            "",
            "help.example.com",
            "http://help.example.com",
            "javascript:alert(1)",
            "https:help.example.com",
            "https://me@help.example.com",
            "https://me:secret@help.example.com",
            "https://help.example.com:8443",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://0x7f000001/",
            "https://localhost/",
            "https://help.example.com/a b",
            "https://help.example.com\n",
            "https:\\\\help.example.com",
            &format!("https://help.example.com/{}", "x".repeat(255)),
            &format!("https://help.example.com/{}", "玩".repeat(80)),
        ] {
            assert!(bad.parse::<SupportUrl>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn colours_and_contrasts() {
        let contrast = |text: &str| text.parse::<Color>().unwrap().contrast();
        assert_eq!(contrast("#FFFFFF"), Contrast { with_white: 1.0, with_black: 21.0 });
        assert_eq!(contrast("#000000"), Contrast { with_white: 21.0, with_black: 1.0 });
        // The grey that WCAG's tools call just enough on white.
        assert_eq!(contrast("#767676").with_white, 4.54);
        assert_eq!(contrast("#777777").with_white, 4.47);
        assert_eq!(contrast("#1F4FD8").text().to_string(), "#ffffff");
        assert_eq!(contrast("#ffcc00").text().to_string(), "#000000");
        for bad in ["", "1f4fd8", "#1f4", "#1f4fdg", "#1f4fd8ff", "red", "#１f4fd", "# 1f4fd"] {
            assert!(bad.parse::<Color>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn text_on_any_colour_can_be_read(channels in any::<[u8; 3]>()) {
            let Contrast { with_white, with_black } = Color(channels).contrast();
            prop_assert!(with_white.max(with_black) >= 4.5);
        }
    }
}
