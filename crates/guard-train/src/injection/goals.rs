//! What the table that ships does with texts that no model was trained on: the generated families
//! that are kept for this, and the commonest attacks in many languages.

use super::corpus::Message;
use super::folds::GRADES;
use super::report::heading;
use crate::benign::Sort;
use promptgate_guard::injection::findings;
use promptgate_guard::view::Views;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Shares flagged and refused of the families kept for evaluation, by sort and family.
pub(super) fn generated(messages: &[Message]) -> String {
    let mut out = String::new();
    heading(&mut out, "Generated benign texts, families never trained on (default thresholds, all views)");
    let _ = writeln!(out, "| sort | family | texts | flagged | refused |\n|---|---|---|---|---|");
    for sort in Sort::ALL {
        let mut families: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
        for message in messages.iter().filter(|message| message.held_out && message.source == sort.source()) {
            families.entry(message.family).or_default().push(score(&message.text));
        }
        let name = sort.source().trim_start_matches("own_");
        for (family, scores) in &families {
            line(&mut out, name, family, scores);
        }
        let all: Vec<f32> = families.values().flatten().copied().collect();
        line(&mut out, &format!("**{name}**"), "all", &all);
    }
    out
}

/// Which of the three commonest attacks are found in each language.
pub(super) fn languages() -> Result<String, String> {
    let mut found: BTreeMap<String, (usize, Vec<String>)> = BTreeMap::new();
    for row in rows("languages.jsonl")? {
        let entry = found.entry(row.language).or_default();
        entry.0 += 1;
        if score(&row.text) < GRADES[0] {
            entry.1.push(row.attack);
        }
    }
    let mut out = String::new();
    heading(&mut out, "Override, extraction and role change by language (own rows)");
    let whole = found.values().filter(|(_, missed)| missed.is_empty()).count();
    let _ = writeln!(out, "{whole} of {} languages with every attack at least flagged.", found.len());
    for (language, (attacks, missed)) in found.iter().filter(|(_, (_, missed))| !missed.is_empty()) {
        let _ = writeln!(out, "- {language}: {} of {attacks} missed: {}", missed.len(), missed.join(", "));
    }
    Ok(out)
}

/// A row of the guard's own cases; what a file does not have is empty.
pub(super) struct Row {
    pub(super) text: String,
    /// What is expected of it.
    pub(super) expect: String,
    language: String,
    attack: String,
}

/// The rows of a file of the guard's own cases.
pub(super) fn rows(file: &str) -> Result<Vec<Row>, String> {
    let path = super::guard().join("tests/cases").join(file);
    let told = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let rows = std::fs::read_to_string(&path).map_err(|why| told(&why))?;
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).map_err(|why| told(&why))?;
        let field = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Row { text: field("text"), expect: field("expect"), language: field("language"), attack: field("attack") })
    };
    rows.lines().map(row).collect()
}

fn score(text: &str) -> f32 {
    let mut found = Vec::new();
    findings(&Views::new(text), 0.01, &mut found);
    found.iter().map(|finding| finding.score).fold(0.0, f32::max)
}

fn line(out: &mut String, sort: &str, family: &str, scores: &[f32]) {
    let [flagged, refused] = GRADES.map(|grade| scores.iter().filter(|score| **score >= grade).count());
    let share = |count: usize| count as f32 / scores.len().max(1) as f32;
    let (of_flagged, of_refused) = (share(flagged), share(refused));
    let _ = writeln!(
        out,
        "| {sort} | {family} | {} | {flagged} ({of_flagged:.4}) | {refused} ({of_refused:.4}) |",
        scores.len()
    );
}
