//! Injection findings lie on character borders, within the text, with scores that count.
#![no_main]
use libfuzzer_sys::fuzz_target;
use promptgate_guard::injection::findings;
use promptgate_guard::view::Views;

fuzz_target!(|text: &str| {
    let mut found = Vec::new();
    findings(&Views::new(text), 0.2, &mut found);
    for finding in found {
        assert!(text.get(finding.span).is_some_and(|part| !part.is_empty()));
        assert!((0.2..=1.0).contains(&finding.score));
    }
});
