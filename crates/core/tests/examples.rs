//! The documents under `examples/`, linted.

#![expect(clippy::disallowed_methods, reason = "the examples are files, and this is not the core")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use promptgate_core::front::promptgate::decode;
use promptgate_core::lint::{Kind, Linter, Report, Severity, Source};
use promptgate_core::model::{Configuration, Submission};
use promptgate_core::problem::Problem;
use promptgate_core::template::TemplateValidator;
use promptgate_core::upstream::genesys::Family;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

fn lint(text: &str) -> Report {
    Linter::default().lint(&Source { text, file: Some("example.json"), kind: None })
}

/// Neither an error nor a warning, and the gateway takes them.
#[test]
fn templates_are_clean() {
    let files: Vec<_> = std::fs::read_dir(folder("templates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let found = lint(&text).findings;
        let grave: Vec<_> = found.iter().filter(|finding| finding.severity > Severity::Info).collect();
        assert!(grave.is_empty(), "{file:?} {grave:#?}");
        assert!(TemplateValidator::default().check(Family::Prompt, &text).is_ok(), "{file:?}");
    }
}

/// `$lint` and `$schema` are unknown to the linter where they are to the gateway; nothing of them is sent upstream.
#[test]
fn remarks_are_taken_where_the_gateway_takes_them() {
    type Take = fn(&str) -> Result<String, Problem>;
    let kinds: [(Kind, &str, Take); 5] = [
        (Kind::PromptTemplate, "templates/call-summary.json", |text| {
            TemplateValidator::default().prompt(text).map(|document| format!("{document:?}"))
        }),
        (Kind::CachedTemplate, "", |text| {
            TemplateValidator::default().cached(text, "", 0).map(|document| format!("{document:?}"))
        }),
        (Kind::ChatRequest, "requests/parcel.json", |text| {
            decode(text.as_bytes()).map(|request| format!("{request:?}"))
        }),
        (Kind::ModelDefinition, "models/parcel-intent.json", |text| {
            Submission::parse(text.as_bytes()).map(|submission| format!("{submission:?}"))
        }),
        (Kind::ModelConfiguration, "models/configurations/strict.json", |text| {
            let id = "a1b2c3d4-e5f6-7890-abcd-ef1234567890";
            Configuration::parse(text.as_bytes(), id).map(|configuration| format!("{configuration:?}"))
        }),
    ];
    for (kind, file, take) in kinds {
        let plain = match file {
            "" => r#"{"content":"Be brief.","cacheSettings":{"ttl":60}}"#.to_owned(),
            file => std::fs::read_to_string(folder(file)).unwrap(),
        };
        assert!(take(&plain).is_ok(), "{kind:?}");
        for remark in [r#""$lint": {"ignore": {"I002": "canary"}}"#, r#""$schema": "canary""#] {
            let text = plain.replacen('{', &format!("{{{remark},"), 1);
            let report = Linter::default().lint(&Source { text: &text, file: None, kind: Some(kind) });
            let unknown = report.findings.iter().any(|finding| finding.code == "D003");
            let taken = take(&text);
            assert_eq!(unknown, !kind.takes_remarks(), "{kind:?} {remark}");
            assert_eq!(taken.is_ok(), kind.takes_remarks(), "{kind:?} {remark}");
            assert!(!taken.unwrap_or_default().contains("$"), "{kind:?} {remark}");
        }
    }
}

#[test]
fn ten_mistakes_are_ten_findings() {
    let text = std::fs::read_to_string(folder("lint/ten-mistakes.json")).unwrap();
    let report = lint(&text);
    let mut codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["D003", "I001", "S001", "S002", "S003", "T008", "U003", "V001", "V002", "V004"]);
    let mendable = report.findings.iter().filter(|finding| finding.fix.is_some()).count();
    assert!(mendable >= 6, "{mendable}");
    assert!(TemplateValidator::default().check(Family::Prompt, &text).is_err());

    let source = Source { text: &text, file: Some("ten-mistakes.json"), kind: None };
    let left = Linter::default().fix(&source, false).report;
    let left: BTreeSet<_> = left.findings.iter().map(|finding| finding.code).collect();
    // What only a person can decide; the last one is the variable of the other dialect, which nobody declares.
    assert_eq!(left, BTreeSet::from(["I001", "S001", "S003", "V001"]));
}
