//! D012 agent-file: The front matter of an agent's file lacks what the agent looks for.

use crate::fault::Path;
use crate::{Context, Draft, Example, FixKind, Rule, Severity, Tree};

/// D012.
pub(crate) static RULE: Rule = Rule {
    code: "D012",
    name: "agent-file",
    severity: Severity::Warning,
    summary: "The front matter of an agent's file lacks what the agent looks for.",
    page: include_str!("d012_agent_file.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::file("skills/mobile/SKILL.md", "---\nname: mobile\n---\n# Views\n"),
        Example::file("skills/mobile/SKILL.md", "# Views\n"),
        Example::file("skills/mobile/SKILL.md", "---\nname: Mobile Views\ndescription: Builds views.\n---\n"),
        Example::file("skills/mobile/SKILL.md", "---\nname: mobile\ndescription: \"\"\n---\n"),
    ],
    good: &[
        Example::file("skills/mobile/SKILL.md", "---\nname: mobile\ndescription: Builds views.\n---\n# Views\n"),
        Example::file("docs/guide.md", "# Views\n"),
        Example::file("AGENTS.md", "# Views\n"),
    ],
    check,
};

/// Most characters of a skill's name and of its description (Agent Skills' specification).
const MAX_NAME: usize = 64;
const MAX_DESCRIPTION: usize = 1024;

fn check(context: &Context<'_>) -> Vec<Draft> {
    if context.document.file != Some("SKILL.md") {
        return Vec::new();
    }
    let Some(tree) = context.tree() else {
        let message = "This skill has no front matter: begin the file with `---`, `name: …`, `description: …`, `---`.";
        return vec![Draft::new(Path::root(), 0..0, message)];
    };
    if !tree.complete {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    drafts.extend(name(context, tree));
    drafts.extend(description(context, tree));
    drafts
}

fn name(context: &Context<'_>, tree: &Tree) -> Option<Draft> {
    let Some(id) = tree.find(&["name"]) else { return Some(lacks(context, "name", "by it the skill is called")) };
    let name = tree.text(id)?.as_str();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(plain);
    let message = "A skill's name has at most 64 small letters, digits and hyphens: rename it.";
    (!fits).then(|| context.at(id, message))
}

fn description(context: &Context<'_>, tree: &Tree) -> Option<Draft> {
    let Some(id) = tree.find(&["description"]) else {
        return Some(lacks(context, "description", "by it the agent decides when to use the skill"));
    };
    let length = tree.text(id).map_or(0, |text| text.as_str().trim().chars().count());
    if length == 0 {
        return Some(context.at(id, "The description is empty: say what the skill does and when to use it."));
    }
    let message = format!("The description has {length} characters and may have {MAX_DESCRIPTION}: shorten it.");
    (length > MAX_DESCRIPTION).then(|| context.at(id, message))
}

fn lacks(context: &Context<'_>, name: &str, why: &str) -> Draft {
    let start = context.document.front.as_ref().map_or(0, |front| front.start);
    Draft::new(
        Path::root().name(name),
        start..start + 3,
        format!("`{name}` is missing in the front matter: {why}. Add it."),
    )
}
