//! Reports as SARIF 2.1.0 (OASIS), for code scanning.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::finding::{Finding, Severity};
use super::position::{Positions, Unit};
use super::report::Report;
use super::rule::Rule;
use super::rules::RULES;

/// The log of one run over `reports`, each with the address of its document relative to the repository's root.
/// `help` makes the address of a rule's documentation from its code, where there is one.
pub fn sarif(reports: &[(&str, &Report)], version: &str, help: impl Fn(&str) -> Option<String>) -> Value {
    let rules: Vec<Value> = RULES.iter().map(|rule| descriptor(rule, help(rule.code))).collect();
    let mut results = Vec::new();
    for (uri, report) in reports {
        let positions = report.positions(Unit::Utf16);
        // The same code twice on the same text: distinguished by their order.
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for finding in &report.findings {
            let print = fingerprint(uri, finding, &positions);
            let nth = seen.entry(print.clone()).or_default();
            *nth += 1;
            results.push(result(&encode(uri), finding, &positions, &format!("{print}:{nth}")));
        }
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Promptgate", "semanticVersion": version,
                "informationUri": env!("CARGO_PKG_REPOSITORY"), "rules": rules
            } },
            "originalUriBaseIds": {
                "%SRCROOT%": { "description": { "text": "The root of the repository." } }
            },
            "columnKind": "utf16CodeUnits",
            "results": results
        }]
    })
}

fn descriptor(rule: &Rule, help: Option<String>) -> Value {
    let mut descriptor = json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.what() },
        "help": { "text": format!("{}\n\n{}", rule.what(), rule.why()), "markdown": rule.documentation() },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "tags": ["prompt"] }
    });
    if let Some(address) = help
        && let Some(members) = descriptor.as_object_mut()
    {
        members.insert("helpUri".to_owned(), address.into());
    }
    if rule.is_security()
        && let Some(properties) = descriptor.get_mut("properties")
    {
        *properties = json!({ "tags": ["prompt", "security"], "security-severity": rule.security_severity() });
    }
    descriptor
}

impl Rule {
    /// Whether it guards against an attacker or a leak, rather than a mistake.
    fn is_security(&self) -> bool {
        self.harmful || matches!(self.code.get(..1), Some("S" | "U"))
    }

    /// On the scale of CVSS, as code scanning shows it: from 7 on high, from 4 on medium.
    const fn security_severity(&self) -> &'static str {
        match self.severity {
            Severity::Error => "8.0",
            Severity::Warning => "5.0",
            Severity::Info => "2.0",
        }
    }
}

fn result(uri: &str, finding: &Finding, positions: &Positions<'_>, print: &str) -> Value {
    let artifact = json!({ "uri": uri, "uriBaseId": "%SRCROOT%" });
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": RULES.iter().position(|rule| rule.code == finding.code),
        "level": level(finding.severity),
        "message": { "text": finding.message },
        "locations": [{
            "physicalLocation": { "artifactLocation": artifact, "region": region(&finding.span, positions) },
            "logicalLocations": [{ "fullyQualifiedName": finding.path }]
        }],
        "partialFingerprints": { "promptgate/v1": print }
    });
    if let Some(fix) = &finding.fix
        && let Some(members) = result.as_object_mut()
    {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                json!({ "deletedRegion": region(&edit.span, positions), "insertedContent": { "text": edit.text } })
            })
            .collect();
        let fix = json!({
            "description": { "text": fix.title },
            "artifactChanges": [{ "artifactLocation": artifact, "replacements": replacements }]
        });
        members.insert("fixes".to_owned(), json!([fix]));
    }
    result
}

fn region(span: &Range<usize>, positions: &Positions<'_>) -> Value {
    let (start, end) = (positions.at(span.start), positions.at(span.end));
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
        "charOffset": start.offset, "charLength": end.offset - start.offset
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// What stays the same when lines move: the document, the rule, the path, and the words around the place.
/// What was found itself is left out: it may be secret.
fn fingerprint(uri: &str, finding: &Finding, positions: &Positions<'_>) -> String {
    let (line, start) = positions.line(finding.span.start);
    let mut hash = Sha256::new();
    // The words on both sides and no more: other words of a long line may change, and what was found may be secret.
    let at = finding.span.start.saturating_sub(start).min(line.len());
    let end = finding.span.end.saturating_sub(start).min(line.len());
    let before = line.get(line.floor_char_boundary(at.saturating_sub(40))..at).unwrap_or_default();
    let after = line.get(end..line.ceil_char_boundary(end + 40)).unwrap_or_default();
    let words = before.split_whitespace().chain(["_"]).chain(after.split_whitespace()).collect::<Vec<_>>().join(" ");
    for part in [uri, finding.code, &finding.path, &words] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A relative address: `\` is a separator, other signs are percent-encoded (RFC 3986).
fn encode(uri: &str) -> String {
    let plain = uri.strip_prefix("./").unwrap_or(uri).replace('\\', "/");
    let mut encoded = String::with_capacity(plain.len());
    for byte in plain.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b',' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Linter, Source};

    fn log(text: &str) -> Value {
        let report = Linter::default().lint(&Source { text, file: Some("a b.json"), kind: None });
        sarif(&[("./dir\\a b.json", &report)], "0.1.0", |code| Some(format!("rules.html#{code}")))
    }

    #[test]
    fn the_log_has_the_form_of_the_standard() {
        let log = log("{\"user_template\":\n \"😀a\\u202eb\"}");
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "utf16CodeUnits");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), RULES.len());
        for rule in rules {
            for text in ["shortDescription", "fullDescription", "help"] {
                assert!(rule[text]["text"].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
            }
            assert!(rule["helpUri"].as_str().unwrap().ends_with(rule["id"].as_str().unwrap()));
            assert!(["error", "warning", "note"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
            if let Some(severity) = rule["properties"].get("security-severity") {
                assert!((0.0..=10.0).contains(&severity.as_str().unwrap().parse::<f64>().unwrap()));
            }
        }
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "dir/a%20b.json");
            assert!(result["partialFingerprints"]["promptgate/v1"].as_str().unwrap().len() > 16);
            let region = &result["locations"][0]["physicalLocation"]["region"];
            assert!(region["startLine"].as_u64() >= Some(1) && region["startColumn"].as_u64() >= Some(1));
        }
        let bidi = run["results"].as_array().unwrap().iter().find(|result| result["ruleId"] == "U001").unwrap();
        let region = json!({"startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 12,
            "charOffset": 23, "charLength": 6});
        assert_eq!(bidi["locations"][0]["physicalLocation"]["region"], region);
        assert_eq!(bidi["fixes"][0]["artifactChanges"][0]["replacements"][0]["deletedRegion"], region);
        assert_eq!(bidi["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "");
    }

    #[test]
    fn fingerprints_outlive_moved_lines_and_tell_twins_apart() {
        let prints = |text: &str| -> Vec<String> {
            let log = log(text);
            let results = log["runs"][0]["results"].as_array().unwrap().clone();
            let secret = results.iter().filter(|result| result["ruleId"] == "U001");
            secret.map(|result| result["partialFingerprints"]["promptgate/v1"].as_str().unwrap().to_owned()).collect()
        };
        let before = prints("{\"user_template\": \"a\\u202eb\"}");
        let after = prints("\n\n{\"name\": \"x y z\",\n\"user_template\": \"a\\u202eb\"}");
        assert_eq!(before.len(), 1);
        assert_ne!(before, prints("{\"user_template\": \"other\\u202eb\"}"));
        assert_eq!(prints("\n\n{\"user_template\": \"a\\u202eb\"}"), before, "{after:?}");
    }
}
