//! I001 conflicting-instructions: Two instructions contradict each other.

use std::collections::BTreeMap;

use crate::sentence::sentences;
use crate::{Context, Draft, Example, FixKind, Rule, Severity};

/// I001.
pub(crate) static RULE: Rule = Rule {
    code: "I001",
    name: "conflicting-instructions",
    severity: Severity::Warning,
    summary: "Two instructions contradict each other.",
    page: include_str!("i001_conflicting_instructions.md"),
    fix: FixKind::None,
    harmful: false,
    bad: &[
        Example::text("Always mention the price. Be kind. Never mention the price."),
        Example::text("Always cite your sources.\nNever cite sources."),
        Example::text("Mention the delivery time.\nDon't mention the delivery time."),
        Example::text("Respond in JSON.\nReturn the answer as YAML."),
        Example::text("Answer in English.\nReply in French."),
        Example::text("Use at most 50 words.\nWrite at least 200 words."),
        Example::json(
            r#"{"name":"greeting","system_instruction":"Do not use emoji.","user_template":"You must use emoji."}"#,
        ),
    ],
    good: &[
        Example::text("Always mention the price. Never mention the margin."),
        Example::text("Respond in JSON.\nReturn valid JSON only."),
        Example::text("Respond in JSON or YAML. If asked, answer in YAML. Do not answer in XML."),
        Example::text("Answer in English. If the customer writes French, answer in French."),
        Example::text("Translate the text into French. Answer in English."),
        Example::text("The elements are provided in XML format as output of the page. Respond with valid JSON."),
        Example::text("Write the filled HTML to `report.html`.\nWrite the Markdown twin to `report.md`."),
        Example::text("Use at most 10 words for the title.\nWrite at least 200 words for the article."),
        Example::text("Use at most 200 words.\nWrite at least 50 words."),
        Example::json(
            r#"{"systemInstructions":[],"context":[{"role":"user","content":"Always call me Jo. Never call me Jo."}]}"#,
        ),
    ],
    check,
};

fn check(context: &Context<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    // What has been said first of each thing, and in which line.
    let mut orders: BTreeMap<String, (bool, usize)> = BTreeMap::new();
    let mut forms: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    let mut limits: BTreeMap<&str, [Option<(u64, usize)>; 2]> = BTreeMap::new();
    let positions = context.positions();
    for prompt in context.prompts().iter().filter(|prompt| prompt.part.instructs()) {
        for sentence in sentences(prompt.prose()) {
            let line = positions.at(prompt.text.source(sentence.span.clone()).start).line;
            let words: Vec<&str> = sentence.words.iter().map(String::as_str).collect();
            let mut report = |message: String| drafts.push(prompt.draft(sentence.span.clone(), message));
            if let Some((always, what)) = order(&words) {
                match orders.get(&what) {
                    Some((before, first)) if *before != always => {
                        report(format!("This contradicts line {first}: one says to, one says not to. Remove one."));
                    }
                    Some(_) => {}
                    None => _ = orders.insert(what, (always, line)),
                }
            }
            for (of, asked) in asked(&words) {
                match forms.get(of) {
                    Some((before, first)) if *before != asked => {
                        report(format!("Line {first} asks for {before} and this for {asked}. Remove one."));
                    }
                    Some(_) => {}
                    None => _ = forms.insert(of, (asked, line)),
                }
            }
            if let Some((unit, number, most)) = limit(&words) {
                let known = limits.entry(unit).or_default();
                let (own, other) = if most { (1, 0) } else { (0, 1) };
                if let Some((before, first)) = known.get(other).copied().flatten()
                    && if most { before > number } else { before < number }
                {
                    report(format!("Line {first} wants {before} {unit}, which this rules out. Remove one."));
                }
                if let Some(place) = known.get_mut(own) {
                    place.get_or_insert((number, line));
                }
            }
        }
    }
    drafts
}

/// Whether the sentence says to do something or not to, and what.
fn order(words: &[&str]) -> Option<(bool, String)> {
    const ALWAYS: [&[&str]; 2] = [&["always"], &["must"]];
    const NEVER: [&[&str]; 6] =
        [&["never"], &["must", "not"], &["must", "never"], &["do", "not"], &["don't"], &["mustn't"]];
    /// What a sentence without such a word may begin with.
    const VERBS: [&str; 14] = [
        "mention", "use", "include", "cite", "ask", "add", "show", "explain", "quote", "repeat", "offer", "suggest",
        "share", "list",
    ];
    /// Words that make no difference.
    const IDLE: [&str; 9] = ["a", "an", "the", "any", "your", "our", "their", "its", "please"];
    let subject = usize::from(words.first() == Some(&"you"));
    let words = words.get(subject..)?;
    let after = |starts: &[&[&'static str]]| {
        starts.iter().filter_map(|start| words.strip_prefix(*start)).min_by_key(|rest| rest.len())
    };
    let plain = || words.first().is_some_and(|word| VERBS.contains(word)).then_some(words);
    let (always, rest) = match (after(&NEVER), after(&ALWAYS).or_else(plain)) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return None,
    };
    let what: Vec<&str> = rest.iter().copied().filter(|word| !IDLE.contains(word)).collect();
    (what.len() > 1).then(|| (always, what.join(" ")))
}

const VERBS: [&str; 9] = ["respond", "reply", "answer", "return", "output", "format", "write", "speak", "communicate"];
/// With one of these a sentence speaks of a case, or of more than one thing.
const CONDITIONS: [&str; 21] = [
    "provided",
    "given",
    "receive",
    "file",
    "files",
    "if",
    "when",
    "unless",
    "or",
    "not",
    "never",
    "don't",
    "than",
    "instead",
    "for",
    "except",
    "while",
    "translate",
    "and",
    "where",
    "example",
];

/// The one format and the one language in which the sentence asks for an answer, without conditions.
fn asked(words: &[&str]) -> Vec<(&'static str, &'static str)> {
    const FORMATS: [(&str, &str); 6] = [
        ("json", "JSON"),
        ("yaml", "YAML"),
        ("xml", "XML"),
        ("csv", "CSV"),
        ("html", "HTML"),
        ("markdown", "Markdown"),
    ];
    const LANGUAGES: [(&str, &str); 16] = [
        ("english", "English"),
        ("french", "French"),
        ("german", "German"),
        ("spanish", "Spanish"),
        ("italian", "Italian"),
        ("portuguese", "Portuguese"),
        ("dutch", "Dutch"),
        ("polish", "Polish"),
        ("russian", "Russian"),
        ("turkish", "Turkish"),
        ("arabic", "Arabic"),
        ("hindi", "Hindi"),
        ("chinese", "Chinese"),
        ("japanese", "Japanese"),
        ("korean", "Korean"),
        ("swedish", "Swedish"),
    ];
    // `Write the HTML to report.html`: one of several things.
    let placed = words.contains(&"write") && words.contains(&"to");
    if placed || !words.iter().any(|word| VERBS.contains(word)) || words.iter().any(|word| CONDITIONS.contains(word)) {
        return Vec::new();
    }
    let one = |names: &[(&'static str, &'static str)]| {
        let mut found = names.iter().filter(|(word, _)| words.contains(word)).map(|(_, name)| *name);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    };
    let within = words.windows(2).any(|pair| pair.first() == Some(&"in"));
    let format = one(&FORMATS).map(|name| ("format", name));
    let language = one(&LANGUAGES).filter(|_| within).map(|name| ("language", name));
    format.into_iter().chain(language).collect()
}

/// The length that the sentence asks for, of the whole answer: unit, number, and whether it is the most.
fn limit(words: &[&str]) -> Option<(&'static str, u64, bool)> {
    const UNITS: [&str; 5] = ["words", "sentences", "characters", "paragraphs", "tokens"];
    const MOST: [&[&str]; 8] = [
        &["at", "most"],
        &["no", "more", "than"],
        &["maximum", "of"],
        &["fewer", "than"],
        &["less", "than"],
        &["up", "to"],
        &["under"],
        &["within"],
    ];
    const LEAST: [&[&str]; 5] =
        [&["at", "least"], &["no", "fewer", "than"], &["no", "less", "than"], &["minimum", "of"], &["more", "than"]];
    /// Words that name nothing but the answer.
    const OWN: [&str; 27] = [
        "use",
        "write",
        "answer",
        "answers",
        "respond",
        "reply",
        "replies",
        "keep",
        "your",
        "the",
        "a",
        "in",
        "with",
        "it",
        "response",
        "responses",
        "be",
        "should",
        "must",
        "is",
        "of",
        "output",
        "to",
        "please",
        "you",
        "limit",
        "all",
    ];
    let unit = UNITS.into_iter().find(|unit| words.contains(unit))?;
    let at = words.iter().position(|word| *word == unit)?;
    let number: u64 = words.get(at.checked_sub(1)?)?.parse().ok()?;
    let before = words.get(..at - 1)?;
    let ends =
        |forms: &[&[&'static str]]| forms.iter().filter(|form| before.ends_with(form)).map(|form| form.len()).max();
    let (length, most) = match (ends(&LEAST), ends(&MOST)) {
        (Some(least), most) if most.is_none_or(|most| most < least) => (least, false),
        (_, most) => (most?, true),
    };
    let rest = before.iter().take(before.len() - length).chain(words.get(at + 1..)?);
    rest.into_iter().all(|word| OWN.contains(word)).then_some((unit, number, most))
}
