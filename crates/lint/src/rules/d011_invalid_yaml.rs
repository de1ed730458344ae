//! D011 invalid-yaml: The file, or its front matter, is not YAML.

use crate::fault::Path;
use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// D011.
pub(crate) static RULE: Rule = Rule {
    code: "D011",
    name: "invalid-yaml",
    severity: Severity::Error,
    summary: "The file, or its front matter, is not YAML.",
    page: include_str!("d011_invalid_yaml.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::file("SKILL.md", "---\nname: [mobile\ndescription: Builds views.\n---\n# Views\n"),
        Example::file("prompts.yaml", "prompts:\n  - \"never closed\n"),
        Example::file("ask.prompty", "---\nname: \"ask\n---\nuser:\nHi\n"),
    ],
    good: &[
        Example::file("SKILL.md", "---\nname: mobile\ndescription: Builds views.\n---\n# Views\n"),
        Example::file("values.yaml", "image: {{ .Values.image }}\nname: [a\n"),
        Example::file("rule.mdc", "---\nglobs: *.ts\n---\nUse types.\n"),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let Some(tree) = context.tree().filter(|tree| tree.yaml) else { return Vec::new() };
    // Cursor reads the front matter of its rules line by line: `globs: *.ts` is no YAML and works.
    if context.document.file.is_some_and(|file| file.ends_with(".mdc")) {
        return Vec::new();
    }
    let what = if context.document.front.is_some() { "front matter" } else { "file" };
    let draft = |error: &crate::SyntaxError| {
        let message =
            format!("The {what} is not YAML: {}. Correct it here or before.", error.message.trim_end_matches('.'));
        Draft::new(Path::root(), error.span.clone(), message)
    };
    tree.errors.iter().map(draft).collect()
}
