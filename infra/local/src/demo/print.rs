//! How the journey looks on a terminal.

#![expect(clippy::print_stdout, reason = "the demo is made to be read on a terminal")]

use std::io::{IsTerminal, stdout};

use serde_json::Value;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// Longer texts in a body are shortened: an omni is shown whole, a token is not.
const LONGEST_TEXT: usize = 72;
/// Longer bodies are cut.
const LONGEST_BODY: usize = 24;

/// What the journey is printed on: plain text, or a terminal with colours.
pub struct Paper {
    colours: bool,
}

impl Paper {
    /// Colours only for a person at a terminal who has not declined them with `NO_COLOR`.
    #[expect(clippy::disallowed_methods, reason = "NO_COLOR is a wish of the terminal's user, not a setting of ours")]
    pub fn for_stdout() -> Self {
        let declined = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { colours: stdout().is_terminal() && !declined }
    }

    /// The first lines.
    pub fn title(&self, title: &str, address: &str) {
        println!("{}\n{}", self.paint(BOLD, title), self.paint(DIM, address));
    }

    /// The heading of a step.
    pub fn step(&self, number: u8, title: &str, sentence: &str) {
        println!("\n{} {}", self.paint(CYAN, &format!("{number:>2}")), self.paint(BOLD, title));
        self.sentence(sentence);
    }

    /// A sentence between the requests of a step.
    pub fn sentence(&self, sentence: &str) {
        println!("   {sentence}");
    }

    /// The line of a request, and its body.
    pub fn request(&self, line: &str, body: Option<&Value>) {
        println!("   {} {line}", self.paint(CYAN, "→"));
        if let Some(body) = body {
            println!("     {}", self.paint(DIM, &shortened(body).to_string()));
        }
    }

    /// The status of an answer, and its body.
    pub fn answer(&self, status: &str, good: bool, body: Option<&Value>) {
        let colour = if good { GREEN } else { RED };
        println!("   {} {}", self.paint(colour, "←"), self.paint(colour, status));
        let Some(body) = body.filter(|body| !body.is_null()) else {
            return;
        };
        let text = format!("{:#}", shortened(body));
        for line in text.lines().take(LONGEST_BODY) {
            println!("     {}", self.paint(DIM, line));
        }
        let hidden = text.lines().count().saturating_sub(LONGEST_BODY);
        if hidden > 0 {
            println!("     {}", self.paint(DIM, &format!("… {hidden} more lines")));
        }
    }

    /// A name and its value.
    pub fn fact(&self, name: &str, value: &str) {
        println!("     {} {value}", self.paint(DIM, &format!("{name:<10}")));
    }

    /// Something that was checked and holds.
    pub fn check(&self, what: &str) {
        println!("   {} {what}", self.paint(GREEN, "✓"));
    }

    /// Rows below a heading, in columns as wide as they need.
    pub fn table<const N: usize>(&self, rows: &[[String; N]]) {
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; N] = std::array::from_fn(width);
        for (number, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            println!("     {}", self.paint(if number == 0 { DIM } else { "" }, line.trim_end()));
        }
    }

    /// The block at the end.
    pub fn closing(&self, facts: &[(&str, &str)]) {
        println!("\n{} {}", self.paint(GREEN, "✓"), self.paint(BOLD, "Everything held."));
        for (name, value) in facts {
            println!("  {} {value}", self.paint(DIM, &format!("{name:<12}")));
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.colours && !colour.is_empty() { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The first characters of a text that is longer, and a sign that there is more.
pub fn shorten(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest).chain(['…']).collect()
}

/// A copy with its long texts shortened.
fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > LONGEST_TEXT => shorten(text, LONGEST_TEXT / 2).into(),
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), shortened(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{shorten, shortened};
    use serde_json::json;

    #[test]
    fn an_omni_stays_whole_and_a_token_does_not() {
        let omni = format!("0x{}", "ab".repeat(32));
        let body = json!({"actor_omni": omni, "tokens": ["e".repeat(300)], "generation": 0, "model": null});
        let expected =
            json!({"actor_omni": omni, "tokens": [format!("{}…", "e".repeat(36))], "generation": 0, "model": null});
        assert_eq!(shortened(&body), expected);
        assert_eq!(shorten("käse", 4), "käse");
        assert_eq!(shorten("käse", 2), "kä…");
    }
}
