//! D012 agent-file: An agent's file lacks what the agent looks for, or has more than it reads.

use crate::fault::Path;
use crate::{Context, Draft, Example, FixKind, Rule, Severity, Tree};

/// D012.
pub(crate) static RULE: Rule = Rule {
    code: "D012",
    name: "agent-file",
    severity: Severity::Warning,
    summary: "An agent's file lacks what the agent looks for, or has more than it reads.",
    page: include_str!("d012_agent_file.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::file("skills/mobile/SKILL.md", "---\nname: mobile\n---\n# Views\n"),
        Example::file("skills/mobile/SKILL.md", "# Views\n"),
        Example::file("skills/mobile/SKILL.md", "---\nname: Mobile Views\ndescription: Builds views.\n---\n"),
        Example::file("skills/mobile/SKILL.md", "---\nname: mobile\ndescription: \"\"\n---\n"),
        Example::file("skills/mobile/SKILL.md", "---\nname: views\ndescription: Builds views.\n---\n"),
        Example::file("skills/a--b/SKILL.md", "---\nname: a--b\ndescription: Builds views.\n---\n"),
        Example::file("skills/mobile/SKILL.md", "---\nname: mobile\ndescription: Builds <view>.\n---\n"),
        Example::file(".claude/agents/reviewer.md", "---\nname: reviewer\n---\nYou review code.\n"),
        Example::file(".claude/agents/reviewer.md", "You review code.\n"),
        Example::file("AGENTS.md", "Run the tests first.\n").times(2_000),
    ],
    good: &[
        Example::file("skills/mobile/SKILL.md", "---\nname: mobile\ndescription: Builds views.\n---\n# Views\n"),
        Example::file("SKILL.md", "---\nname: mobile\ndescription: Builds views; a < b.\n---\n# Views\n"),
        Example::file(
            ".claude/agents/reviewer.md",
            "---\nname: reviewer\ndescription: Reviews code.\ntools: Read\n---\nYou review code.\n",
        ),
        Example::file(".claude/agents/README.md", "# Our agents\n"),
        Example::file("docs/guide.md", "# Views\n"),
        Example::file("AGENTS.md", "# Views\n"),
        Example::file("GUIDE.md", "Run the tests first.\n").times(2_000),
    ],
    check,
};

/// Most characters of a skill's name and of its description (Agent Skills' specification, agentskills.io).
const MAX_NAME: usize = 64;
const MAX_DESCRIPTION: usize = 1024;
/// Most bytes of `AGENTS.md` that Codex reads where its configuration says nothing (`project_doc_max_bytes`).
const MAX_AGENTS: usize = 32_768;

fn check(context: &Context<'_>) -> Vec<Draft> {
    let document = context.document;
    let skill = document.file == Some("SKILL.md");
    let folder = document.folder.unwrap_or_default();
    let readme = document.file.is_some_and(|file| file.eq_ignore_ascii_case("README.md"));
    let agent = (folder == ".claude/agents" || folder.ends_with("/.claude/agents")) && !readme;
    if document.file == Some("AGENTS.md") {
        return too_long(context).into_iter().collect();
    }
    if !skill && !agent {
        return Vec::new();
    }
    let what = if skill { "skill" } else { "agent" };
    let Some(tree) = context.tree() else {
        let message =
            format!("This {what} has no front matter: begin the file with `---`, `name: …`, `description: …`, `---`.");
        return vec![Draft::new(Path::root(), 0..0, message)];
    };
    if !tree.complete {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    drafts.extend(name(context, tree, what));
    drafts.extend(description(context, tree, what));
    drafts
}

fn too_long(context: &Context<'_>) -> Option<Draft> {
    let text = context.document.source();
    let from = text.floor_char_boundary(MAX_AGENTS);
    let message = "Codex reads the first 32 KiB of this file and nothing behind them: move what is below elsewhere, or \
                   raise its `project_doc_max_bytes`.";
    (text.len() > MAX_AGENTS).then(|| Draft::new(Path::root(), from..text.ceil_char_boundary(from + 1), message))
}

fn name(context: &Context<'_>, tree: &Tree, what: &str) -> Option<Draft> {
    let Some(id) = tree.find(&["name"]) else {
        return Some(lacks(context, "name", &format!("the {what} is called by it")));
    };
    let name = tree.text(id)?.as_str();
    if what == "agent" {
        return name.trim().is_empty().then(|| context.at(id, "The name is empty: the agent is called by it."));
    }
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let hyphens = name.starts_with('-') || name.ends_with('-') || name.contains("--");
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) || hyphens {
        let message =
            "A skill's name has at most 64 small letters and digits, with single hyphens between them: rename it.";
        return Some(context.at(id, message));
    }
    let folder =
        context.document.folder?.rsplit(['/', '\\']).next().filter(|folder| !matches!(*folder, "" | "." | ".."))?;
    let message = "A skill is called as its folder is: give both the same name, or it is not found.";
    (folder != name).then(|| context.at(id, message))
}

fn description(context: &Context<'_>, tree: &Tree, what: &str) -> Option<Draft> {
    let Some(id) = tree.find(&["description"]) else {
        return Some(lacks(context, "description", &format!("it decides when the {what} is used")));
    };
    let text = tree.text(id).map(|text| text.as_str().trim()).unwrap_or_default();
    let length = text.chars().count();
    if length == 0 {
        return Some(
            context.at(id, format!("The description is empty: write what the {what} does and when to use it.")),
        );
    }
    if what == "agent" {
        return None;
    }
    if length > MAX_DESCRIPTION {
        let message = format!("The description has {length} characters and may have {MAX_DESCRIPTION}: shorten it.");
        return Some(context.at(id, message));
    }
    let message = "A skill's description may have no XML tags: write it without.";
    has_tag(text).then(|| context.at(id, message))
}

/// Whether a tag is in `text`: `<view>`, `</view>`.
fn has_tag(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(name.len());
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.get(end..).is_some_and(|rest| rest.starts_with(['>', '/', ' ']) && rest.contains('>'))
    })
}

fn lacks(context: &Context<'_>, name: &str, why: &str) -> Draft {
    let start = context.document.front.as_ref().map_or(0, |front| front.start);
    Draft::new(
        Path::root().name(name),
        start..start + 3,
        format!("`{name}` is missing in the front matter: {why}. Add it."),
    )
}
