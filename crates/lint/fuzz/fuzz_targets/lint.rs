//! The whole linter: places are those of the text and in order, its work is bounded by the text, fixing ends and makes
//! nothing worse, and an ignore leaves alone what it names. The first byte says what the text is.
#![no_main]
use std::cell::OnceCell;
use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use promptgate_lint::{Kind, Linter, NotIgnored, Report, Source, Unit, apply, measure};

thread_local! {
    static LINTER: OnceCell<Linter> = const { OnceCell::new() };
}

fuzz_target!(|data: (u8, &str)| {
    LINTER.with(|linter| check(linter.get_or_init(Linter::default), data.0, data.1));
});

fn check(linter: &Linter, kind: u8, text: &str) {
    let kind = Kind::ALL.get(usize::from(kind)).copied();
    let source = Source { text, file: None, kind };
    let mut report = linter.lint(&Source::text(""));
    let steps = measure(|| report = linter.lint(&source));
    assert!(steps <= 64 * text.len() as u64 + 4096, "{steps} steps for {} bytes", text.len());
    places(text, &report);
    assert_eq!(report.json(Unit::Utf16), linter.lint(&source).json(Unit::Utf16));

    for safe_only in [true, false] {
        let fixed = linter.fix(&source, safe_only);
        let again = linter.lint(&Source { text: &fixed.text, ..source });
        assert_eq!(again, fixed.report);
        assert!(fixed.applied.is_empty() == (fixed.text == text));
        let (before, after) = (counts(&report), counts(&again));
        for (code, count) in after {
            assert!(before.get(code).is_some_and(|before| count <= *before), "{code}");
        }
    }

    if let Some(finding) = report.findings.iter().find(|finding| !finding.code.starts_with('L')) {
        match linter.ignore(&source, finding.code, "shown to staff") {
            Ok(edit) => {
                let ignored = apply(text, [&edit]).expect("an edit of this text");
                let after = linter.lint(&Source { text: &ignored, ..source });
                assert!(after.findings.iter().all(|other| other.code != finding.code));
            }
            Err(refused) => assert!(matches!(refused, NotIgnored::NoPlace(_))),
        }
    }
}

fn places(text: &str, report: &Report) {
    let mut last = 0;
    for finding in &report.findings {
        assert!(text.get(finding.span.clone()).is_some() && finding.span.start >= last, "{}", finding.code);
        last = finding.span.start;
        if let Some(fix) = &finding.fix {
            assert!(apply(text, &fix.edits).is_some(), "{}", finding.code);
            assert!(fix.edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "{}", finding.code);
        }
    }
}

fn counts(report: &Report) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.code).or_default() += 1;
    }
    counts
}
