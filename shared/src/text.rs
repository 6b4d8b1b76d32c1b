//! Text that people write: bounded, trimmed, and free of what could hide in a page or a mail.

/// `text` without surrounding space, if it has 1 to `max` characters and no control or direction-changing ones.
///
/// Marks that nobody sees (zero width, U+200B to U+200F) and that turn the direction of text (U+202A to U+202E, U+2066 to
/// U+2069) are refused because they make a name read as another, or as none.
pub fn line(text: &str, max: usize) -> Result<String, String> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > max {
        return Err(format!("expected 1 to {max} characters, got {length}"));
    }
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    if text.chars().any(hidden) {
        return Err("control characters and line breaks are not allowed".into());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn bounds_and_hidden_characters() {
        assert_eq!(line("  Folo 玩具 ", 10).unwrap(), "Folo 玩具");
        assert_eq!(line("鹏".repeat(10).as_str(), 10).unwrap().chars().count(), 10);
        for text in ["", "   ", "a\nb", "a\u{202E}b", "\u{200B}", "a\u{FEFF}b", "a\0b"] {
            assert!(line(text, 10).is_err(), "{text:?}");
        }
        assert!(line("12345678901", 10).is_err());
    }
}
