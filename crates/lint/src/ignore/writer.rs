//! Writing an ignore into a document.

use super::comment::Order;
use super::{codes, comment, says_why};
use crate::document::{Document, Kind, Source};
use crate::fix::Edit;
use crate::format::{Format, markdown};
use crate::json::MAX_BODY;
use crate::placeholder::Dialect;
use crate::report::Linter;
use crate::tree::{Id, Tree, Value};

/// Why an ignore cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotIgnored {
    /// There is no such rule, or it is about ignores.
    UnknownRule,
    /// The reason says nothing.
    NoReason,
    /// The document has no place for it.
    NoPlace(Kind),
}

impl NotIgnored {
    /// Stable, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            NotIgnored::UnknownRule => "unknown_rule",
            NotIgnored::NoReason => "no_reason",
            NotIgnored::NoPlace(_) => "no_place",
        }
    }

    /// What is wrong and what to do.
    pub const fn message(self) -> &'static str {
        match self {
            NotIgnored::UnknownRule => "There is no rule of that code that can be ignored.",
            NotIgnored::NoReason => "An ignore says why: give a reason.",
            NotIgnored::NoPlace(Kind::ChatRequest | Kind::ModelDefinition | Kind::ModelConfiguration) => {
                "The gateway takes no ignores in documents of this kind: switch the rule off in promptgate.json."
            }
            NotIgnored::NoPlace(kind) if kind.is_chat() => {
                "Programs refuse members that they do not know: switch the rule off in promptgate.json."
            }
            NotIgnored::NoPlace(_) => "An ignore has its place in a JSON object or in a text of at most 1 MiB.",
        }
    }
}

impl Linter {
    /// The edit that makes `source` say that the rule `code` is to be left alone, for `reason`: a member of `$lint` in
    /// JSON, as the first of its object and laid out as the one that was first; elsewhere a comment of the format's own,
    /// at the beginning or behind the front matter. What it said of that rule before is replaced.
    ///
    /// # Errors
    /// See [`NotIgnored`].
    pub fn ignore(&self, source: &Source<'_>, code: &str, reason: &str) -> Result<Edit, NotIgnored> {
        let code = codes().find(|known| *known == code).ok_or(NotIgnored::UnknownRule)?;
        if !says_why(reason) {
            return Err(NotIgnored::NoReason);
        }
        let kind = source.kind.or(self.config().kind);
        if source.text.len() > MAX_BODY {
            return Err(NotIgnored::NoPlace(kind.unwrap_or(Kind::Text)));
        }
        let document = Document::read(&Source { kind, ..*source });
        match &document.tree {
            Some(_) if document.kind.is_chat() => Err(NotIgnored::NoPlace(document.kind)),
            Some(tree) if document.taken.format == Format::Json => {
                let written = document.kind.takes_remarks().then(|| member(&document, tree, code, reason)).flatten();
                written.ok_or(NotIgnored::NoPlace(document.kind))
            }
            _ => Ok(comment(&document, self.taken(&document), code, reason)),
        }
    }
}

/// The edit that writes the comment: behind front matter, in it where the text behind it is no place for one.
fn comment(document: &Document<'_>, taken: (Format, Option<Dialect>), code: &str, reason: &str) -> Edit {
    let (text, (format, dialect)) = (document.source(), taken);
    let within = matches!(format, Format::Prompty | Format::Dotprompt);
    let (open, close) = match (&document.front, dialect) {
        (Some(_), _) if within => ("#", ""),
        (_, Some(dialect)) if dialect.has_statements() && format != Format::Markdown => {
            comment::form(Format::of(dialect))
        }
        _ => comment::form(format),
    };
    // Signs of a comment's end would end it.
    let separates = |c: char| c.is_control() || matches!(c, '{' | '}' | '<' | '>' | '#');
    let reason: Vec<&str> = reason.split(separates).map(str::trim).filter(|part| !part.is_empty()).collect();
    let written = format!("{open} lint-ignore {code}: {} {close}", reason.join(" ").replace("--", "-"));
    let written = written.trim_end().to_owned();
    let mut known = comment::of(document, dialect).into_iter();
    if let Some(known) = known.find(|comment| comment.order == Order::File && comment.codes == [code]) {
        return Edit { span: known.span, text: written };
    }
    let start = match &document.front {
        Some(front) if within => markdown::inner(text, front).start,
        Some(front) => front.end,
        None if text.starts_with('\u{FEFF}') => '\u{FEFF}'.len_utf8(),
        None => 0,
    };
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Edit { span: start..start, text: written + end }
}

fn member(document: &Document<'_>, tree: &Tree, code: &str, reason: &str) -> Option<Edit> {
    let object = |id: &Id| matches!(tree.node(*id).value, Value::Object(_));
    let replace = |id: Id, json: String| Edit { span: tree.node(id).span.clone(), text: json };
    let reason = serde_json::Value::from(reason).to_string();
    let entry = format!("\"{code}\": {reason}");
    let root = tree.root().filter(object)?;
    let Some(settings) = tree.member(root, "$lint") else {
        return Some(document.prepend(root, &format!("\"$lint\": {{\"ignore\": {{{entry}}}}}")));
    };
    if !object(&settings) {
        return Some(replace(settings, format!("{{\"ignore\": {{{entry}}}}}")));
    }
    let Some(ignores) = tree.member(settings, "ignore") else {
        return Some(document.prepend(settings, &format!("\"ignore\": {{{entry}}}")));
    };
    if !object(&ignores) {
        return Some(replace(ignores, format!("{{{entry}}}")));
    }
    Some(match tree.member(ignores, code) {
        Some(known) => replace(known, reason),
        None => document.prepend(ignores, &entry),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Example, RULES, Report, apply};

    fn ignore(text: &str, code: &str, reason: &str) -> Result<String, NotIgnored> {
        let edit = Linter::default().ignore(&Source { text, file: None, kind: None }, code, reason)?;
        Ok(apply(text, [&edit]).unwrap())
    }

    #[test]
    fn where_an_ignore_is_written() {
        let new = r#""$lint": {"ignore": {"S004": "why \"so\""}}"#;
        for (text, expected) in [
            ("<|im_start|>", "{{! lint-ignore S004: why \"so\" }}\n<|im_start|>".to_owned()),
            ("\u{FEFF}a\r\nb", "\u{FEFF}{{! lint-ignore S004: why \"so\" }}\r\na\r\nb".to_owned()),
            ("a {{! lint-ignore S004 }} b", "a {{! lint-ignore S004: why \"so\" }} b".to_owned()),
            ("{}", format!("{{{new}}}")),
            ("{\n}", format!("{{{new}\n}}")),
            (r#"{"a": 1}"#, format!(r#"{{{new}, "a": 1}}"#)),
            ("{\n\t\"a\": 1\n}", format!("{{\n\t{new},\n\t\"a\": 1\n}}")),
            ("{ \"a", format!("{{ {new}, \"a")),
            ("{\"", format!("{{{new}, \"")),
            (r#"{"$lint": 7, "a": 1}"#, format!(r#"{{{new}, "a": 1}}"#)),
            (r#"{"$lint": {"ignore": []}}"#, format!(r#"{{{new}}}"#)),
            (r#"{"$lint": {"ignore": {"S004": 7}}}"#, format!(r#"{{{new}}}"#)),
            (
                r#"{"$lint": {"kind": "json"}}"#,
                r#"{"$lint": {"ignore": {"S004": "why \"so\""}, "kind": "json"}}"#.to_owned(),
            ),
            (
                r#"{"$lint": {"ignore": {"S007": "x"}}}"#,
                r#"{"$lint": {"ignore": {"S004": "why \"so\"", "S007": "x"}}}"#.to_owned(),
            ),
        ] {
            assert_eq!(ignore(text, "S004", "why \"so\"").as_ref(), Ok(&expected), "{text}");
            // Once more changes nothing.
            assert_eq!(ignore(&expected, "S004", "why \"so\""), Ok(expected.clone()), "{text}");
        }
        assert_eq!(ignore("a", "S004", " }}\n{{x\u{0}y ").as_deref(), Ok("{{! lint-ignore S004: x y }}\na"));
    }

    #[test]
    fn where_none_can_be_written() {
        let large = "a".repeat(MAX_BODY + 1);
        for (text, code, reason, expected) in [
            ("a", "S999", "x", NotIgnored::UnknownRule),
            ("a", "s004", "x", NotIgnored::UnknownRule),
            ("a", "L001", "x", NotIgnored::UnknownRule),
            ("a", "", "x", NotIgnored::UnknownRule),
            ("a", "S004", "", NotIgnored::NoReason),
            ("a", "S004", " }}-\n", NotIgnored::NoReason),
            ("\u{FEFF} {\"context\": [], \"modelId\": \"m\"}", "S004", "x", NotIgnored::NoPlace(Kind::ChatRequest)),
            (r#"{"responseSchema": {}, "credentials": {}}"#, "S004", "x", NotIgnored::NoPlace(Kind::ModelDefinition)),
            (
                r#"{"temperature_matrix": {}, "safety_filters": []}"#,
                "S004",
                "x",
                NotIgnored::NoPlace(Kind::ModelConfiguration),
            ),
            (&large, "S004", "x", NotIgnored::NoPlace(Kind::Text)),
        ] {
            assert_eq!(ignore(text, code, reason), Err(expected), "{code}");
            assert!(!expected.code().is_empty() && expected.message().ends_with('.'));
        }
        let list = Source { text: "[1]", file: Some("a.json"), kind: None };
        assert_eq!(Linter::default().ignore(&list, "S004", "x"), Err(NotIgnored::NoPlace(Kind::Json)));
    }

    /// What a report says, without the places, which an ignore moves.
    fn said(text: &str, report: &Report) -> Vec<(&'static str, String, String)> {
        let row = |finding: &crate::Finding| {
            // What is too much of a text is another part of it then.
            let shown = if finding.code == "D004" { "" } else { &text[finding.span.clone()] };
            (finding.code, finding.path.clone(), shown.chars().take(40).collect())
        };
        report.findings.iter().map(row).collect()
    }

    /// In every example of every rule each thing that is found can be ignored: then it is gone, and nothing else.
    #[test]
    fn what_is_ignored_is_gone_and_nothing_else() {
        let mut ignored = 0;
        for example in RULES.iter().flat_map(|rule| rule.bad.iter().chain(rule.good)) {
            let Example { file, config, .. } = *example;
            let linter = Linter::new(Config::parse(if config.is_empty() { "{}" } else { config }.as_bytes()).unwrap());
            let text = example.text.repeat(example.times);
            let source = Source { text: &text, file: Some(file), kind: None };
            let before = linter.lint(&source);
            let mut codes: Vec<_> = before.findings.iter().map(|finding| finding.code).collect();
            codes.dedup();
            for code in codes.into_iter().filter(|code| !code.starts_with('L')) {
                let edit = match linter.ignore(&source, code, "shown to staff") {
                    Ok(edit) => edit,
                    Err(NotIgnored::NoPlace(kind)) if kind == before.kind => continue,
                    Err(other) => panic!("{code} {other:?} {}", example.text),
                };
                let after = apply(&text, [&edit]).unwrap();
                let report = linter.lint(&Source { text: &after, ..source });
                let mut expected = said(&text, &before);
                // Only a member of `$lint` that counted for nothing goes with it.
                expected.retain(|(found, ..)| *found != code && *found != "L002");
                let mut found = said(&after, &report);
                found.retain(|(found, ..)| *found != "L002");
                assert_eq!(found, expected, "{code} {after:.200}");
                ignored += 1;
            }
        }
        assert!(ignored > 150, "{ignored}");
    }
}
