//! The form of a rule: code, words, examples that are its tests, and the check.

use super::context::Context;
use super::finding::{Draft, Severity};

/// A rule. Codes never change their meaning and are never used again.
#[derive(Debug)]
pub struct Rule {
    /// `T…` placeholders, `V…` variables, `D…` documents, `S…` safety, `U…` Unicode, `I…` instructions, `C…` cost,
    /// `L…` the linter's own remarks; three digits.
    pub code: &'static str,
    /// The name, kebab case.
    pub name: &'static str,
    /// How grave its findings are, unless the configuration or the place changes it.
    pub severity: Severity,
    /// In one line.
    pub summary: &'static str,
    /// What it does and why what it finds is bad: the Markdown file beside the rule.
    pub page: &'static str,
    /// Which fixes it offers.
    pub fix: FixKind,
    /// Whether the gateway refuses what it finds: it can do harm.
    pub harmful: bool,
    /// Documents in which it fires; the first one is in its documentation.
    pub bad: &'static [Example],
    /// Documents in which it does not; the first one is in its documentation.
    pub good: &'static [Example],
    /// Looks at a document.
    pub check: fn(&Context<'_>) -> Vec<Draft>,
}

/// Which fixes a rule offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixKind {
    /// None.
    None,
    /// Fixes that a person should look at.
    Suggested,
    /// Fixes that change nothing that was meant.
    Safe,
}

/// A document that shows what a rule does.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// What it is called, for the detection of its kind.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
    /// How often that is written, for rules about size.
    pub times: usize,
    /// The configuration, as JSON; empty for the default.
    pub config: &'static str,
}

impl Example {
    /// A document in JSON.
    pub const fn json(text: &'static str) -> Self {
        Example { file: "example.json", text, times: 1, config: "" }
    }

    /// A plain text.
    pub const fn text(text: &'static str) -> Self {
        Example { file: "example.txt", text, times: 1, config: "" }
    }

    /// A document of that name.
    pub const fn file(file: &'static str, text: &'static str) -> Self {
        Example { file, text, times: 1, config: "" }
    }

    /// The same, written so often.
    pub const fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// The same, under a configuration.
    pub const fn config(mut self, config: &'static str) -> Self {
        self.config = config;
        self
    }
}

impl Rule {
    /// The rule's documentation, as markdown.
    pub fn documentation(&self) -> String {
        let fix = match self.fix {
            FixKind::None => "none",
            FixKind::Suggested => "suggested",
            FixKind::Safe => "safe",
        };
        let mut page = format!(
            "# {} {}\n\nSeverity: {}. Fix: {fix}.\n\n{}\n\n## Example\n",
            self.code,
            self.name,
            self.severity.name(),
            self.page.trim(),
        );
        for (title, examples) in [("Found:", self.bad), ("Not found:", self.good)] {
            let Some(example) = examples.first() else { continue };
            let language = if example.file.ends_with(".json") { "json" } else { "text" };
            // Characters nobody sees are written as their codes.
            let shown: String = example.text.chars().flat_map(visible).collect();
            let times = if example.times > 1 { format!(" ({} times)", example.times) } else { String::new() };
            page.push_str(&format!("\n{title}{times}\n\n```{language}\n{shown}\n```\n"));
            if !example.config.is_empty() {
                page.push_str(&format!("\nwith the configuration `{}`\n", example.config));
            }
        }
        page
    }

    /// What it does: paragraphs of Markdown.
    pub fn what(&self) -> &'static str {
        self.sections().0
    }

    /// Why what it finds is bad: paragraphs of Markdown.
    pub fn why(&self) -> &'static str {
        self.sections().1
    }

    fn sections(&self) -> (&'static str, &'static str) {
        let (what, why) = self.page.split_once("## Why is this bad?").unwrap_or((self.page, ""));
        (what.trim().trim_start_matches("## What it does").trim(), why.trim())
    }

    /// Whether what it finds must not be repeated, in a log or on a screen: a secret, or personal.
    pub fn is_secret(&self) -> bool {
        matches!(self.code, "S007" | "S008")
    }

    /// The rule's address: an identifier from which each place makes its own link.
    pub fn id(&self) -> String {
        format!("urn:promptgate:rule:{}", self.code)
    }
}

fn visible(char: char) -> Vec<char> {
    let hidden = !promptgate_guard::view::hidden::find(char.encode_utf8(&mut [0; 4])).is_empty();
    if hidden { char.escape_unicode().collect() } else { vec![char] }
}
