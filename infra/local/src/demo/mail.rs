//! The mail that the journey waits for.

use serde_json::Value;

/// Subject and link of the mail to this address, once it is there.
pub fn verification_mail(mails: &Value, email: &str) -> Option<(String, String)> {
    let mails = mails.as_array().or_else(|| mails["data"].as_array())?;
    mails.iter().find_map(|mail| {
        let is_ours = mail["to"] == email || mail["to"].as_array().is_some_and(|to| to.iter().any(|one| one == email));
        let text = mail["text"].as_str().filter(|_| is_ours)?;
        let link = text.split_whitespace().map(|word| word.trim_matches(['<', '>', '(', ')']));
        let link = link.filter(|word| word.starts_with("http")).find(|word| token_of(word).is_some())?;
        Some((mail["subject"].as_str()?.to_owned(), link.to_owned()))
    })
}

/// The query parameter `token` of a link.
pub fn token_of(link: &str) -> Option<String> {
    let query = link.split_once('?')?.1.split('#').next()?;
    let (_, token) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token")?;
    Some(token.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{token_of, verification_mail};
    use serde_json::json;

    #[test]
    fn finds_the_link_in_the_mail_to_the_address() {
        let link = "http://127.0.0.1:8787/verify-email?lang=en&token=abc-_%3D";
        let mails = json!([
            {"to": "other@toys.example", "subject": "No", "text": "http://127.0.0.1/verify-email?token=other"},
            {"to": "me@toys.example", "subject": "Later", "text": "Nothing to press at http://127.0.0.1/here."},
            {"to": ["me@toys.example"], "subject": "Confirm", "text": format!("Hello\n\n<{link}>\n\nBye")},
        ]);
        let found = verification_mail(&mails, "me@toys.example");
        assert_eq!(found, Some(("Confirm".to_owned(), link.to_owned())));
        assert_eq!(token_of(link).as_deref(), Some("abc-_="));
        assert_eq!(verification_mail(&json!({"data": mails}), "nobody@toys.example"), None);
    }
}
