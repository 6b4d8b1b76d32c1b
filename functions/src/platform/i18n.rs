//! Texts for people, in English and Simplified Chinese. A test compares the key sets of both.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::profile::Locale;
use fluent_templates::{Loader, static_loader};
use unic_langid::{LanguageIdentifier, langid};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // No invisible marks around arguments: mails and pages are of one direction.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static EN: LanguageIdentifier = langid!("en");
static ZH_CN: LanguageIdentifier = langid!("zh-CN");

/// Texts in one language.
#[derive(Clone, Copy, Debug)]
pub struct Texts(pub Locale);

impl Texts {
    fn language(self) -> &'static LanguageIdentifier {
        match self.0 {
            Locale::En => &EN,
            Locale::ZhCn => &ZH_CN,
        }
    }

    /// The language's BCP 47 tag.
    pub fn tag(self) -> &'static str {
        self.0.as_str()
    }

    /// The text called `id`.
    pub fn s(self, id: &str) -> String {
        LOCALES.lookup(self.language(), id)
    }

    /// The text called `id` with one argument.
    pub fn arg(self, id: &str, name: &'static str, value: &str) -> String {
        self.args(id, &[(name, value)])
    }

    /// The text called `id` with arguments by name.
    pub fn args(self, id: &str, arguments: &[(&'static str, &str)]) -> String {
        let arguments: HashMap<_, _> =
            arguments.iter().map(|(name, value)| (Cow::from(*name), (*value).to_owned().into())).collect();
        LOCALES.lookup_with_args(self.language(), id, &arguments)
    }
}
