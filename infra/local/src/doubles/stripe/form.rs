//! Form bodies with nested names, as Stripe's v1 API takes them, <https://docs.stripe.com/api>.

use std::collections::BTreeMap;
use std::iter;

use form_urlencoded::Serializer;

/// A form, as a map from the segments of a name to its value: `metadata[vendor_id]=v` is `["metadata", "vendor_id"]`.
///
/// Sorted by name, so that two forms with the same parameters compare and print equal whatever order they were sent in.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Form(BTreeMap<Vec<String>, String>);

impl Form {
    /// Parses a query string or a form body. A name that comes twice takes its last value; `name[]` appends to a list.
    pub(super) fn parse(encoded: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(encoded) {
            let mut name = segments(&name);
            if name.len() > 1 && name.last().is_some_and(String::is_empty) {
                name.pop();
                let index = form.below(&name).count();
                name.push(index.to_string());
            }
            form.0.insert(name, value.into_owned());
        }
        form
    }

    /// The value of a parameter, if it was sent at all. Stripe takes an empty value as a request to unset the field.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(&segments(name)).map(String::as_str)
    }

    /// The value of a parameter that was sent with a value.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// The items of a list, in the order of their indices.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let mut items: Vec<(Option<usize>, &str)> =
            self.entries(name).into_iter().map(|(index, item)| (index.parse().ok(), item)).collect();
        items.sort_by_key(|(index, _)| *index);
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// The entries of a map such as `metadata`.
    pub(super) fn entries(&self, name: &str) -> Vec<(&str, &str)> {
        let prefix = segments(name);
        self.below(&prefix).collect()
    }

    /// The first parameter that none of `patterns` allows, written as it was sent. In a pattern, `[*]` stands for any
    /// one key or index.
    pub(super) fn first_not_in(&self, patterns: &[&str]) -> Option<String> {
        let patterns: Vec<Vec<String>> = patterns.iter().map(|pattern| segments(pattern)).collect();
        let unknown = self.0.keys().find(|name| !patterns.iter().any(|pattern| matches(pattern, name)));
        unknown.map(|name| bracketed(name))
    }

    /// The form in one canonical spelling, for comparing the parameters of two requests.
    pub(super) fn canonical(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| (bracketed(name), value));
        Serializer::new(String::new()).extend_pairs(pairs).finish()
    }

    fn below<'a>(&'a self, prefix: &[String]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            let (last, parents) = name.split_last()?;
            (parents == prefix).then_some((last.as_str(), value.as_str()))
        })
    }
}

/// Splits `a[b][c]` into its segments. What is not well bracketed stays one name, which no endpoint knows.
fn segments(name: &str) -> Vec<String> {
    let nested = name.split_once('[').and_then(|(head, rest)| Some((head, rest.strip_suffix(']')?)));
    match nested {
        Some((head, rest)) => iter::once(head).chain(rest.split("][")).map(str::to_owned).collect(),
        None => vec![name.to_owned()],
    }
}

fn bracketed(name: &[String]) -> String {
    let Some((head, rest)) = name.split_first() else {
        return String::new();
    };
    rest.iter().fold(head.clone(), |text, segment| text + "[" + segment + "]")
}

fn matches(pattern: &[String], name: &[String]) -> bool {
    pattern.len() == name.len() && pattern.iter().zip(name).all(|(want, is)| want == "*" || want == is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_names_become_paths() {
        let form = Form::parse(b"controller%5Bfees%5D%5Bpayer%5D=application&metadata[vendor_id]=ven_1&email=a%40b.c");
        assert_eq!(form.text("controller[fees][payer]"), Some("application"));
        assert_eq!(form.entries("metadata"), [("vendor_id", "ven_1")]);
        assert_eq!(form.text("email"), Some("a@b.c"));
        assert_eq!(form.text("controller"), None);
    }

    #[test]
    fn lists_take_indices_and_empty_brackets() {
        let indexed = Form::parse(b"types[1]=link&types[0]=card");
        let appended = Form::parse(b"types[]=card&types[]=link");
        assert_eq!(indexed.list("types"), ["card", "link"]);
        assert_eq!(indexed, appended);
        assert_eq!(indexed.canonical(), appended.canonical());
    }

    #[test]
    fn long_lists_keep_their_order() {
        let form = Form::parse(b"t[10]=k&t[2]=c&t[0]=a");
        assert_eq!(form.list("t"), ["a", "c", "k"]);
    }

    #[test]
    fn an_empty_value_is_given_but_has_no_text() {
        let form = Form::parse(b"email=");
        assert_eq!(form.given("email"), Some(""));
        assert_eq!(form.text("email"), None);
        assert_eq!(form.given("name"), None);
    }

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        let one = Form::parse(b"b=2&a[x]=1&a[y]=3");
        let other = Form::parse(b"a[y]=3&b=2&a[x]=1");
        assert_eq!(one.canonical(), other.canonical());
        assert_ne!(one.canonical(), Form::parse(b"b=2&a[x]=1").canonical());
    }

    #[test]
    fn unknown_parameters_are_named_as_sent() {
        let allowed = ["email", "metadata[*]", "controller[fees][payer]"];
        assert_eq!(Form::parse(b"email=x&metadata[any]=1").first_not_in(&allowed), None);
        assert_eq!(Form::parse(b"emial=x").first_not_in(&allowed).as_deref(), Some("emial"));
        let nested = Form::parse(b"controller[fees][who]=x");
        assert_eq!(nested.first_not_in(&allowed).as_deref(), Some("controller[fees][who]"));
        assert_eq!(Form::parse(b"email[x]=1").first_not_in(&allowed).as_deref(), Some("email[x]"));
        assert_eq!(Form::parse(b"metadata[a]b]c=1").first_not_in(&allowed).as_deref(), Some("metadata[a]b]c"));
    }
}
