//! Spans are on character borders and in order, and the work is linear, in every dialect.
#![no_main]
use libfuzzer_sys::fuzz_target;
use promptgate_lint::placeholder::{Dialect, detect, scan};

fuzz_target!(|text: &str| {
    for &dialect in Dialect::ALL {
        let scan = scan(text, dialect);
        let mut end = 0;
        for placeholder in &scan.placeholders {
            assert!(placeholder.span.start >= end);
            end = placeholder.span.end;
            assert!(text.get(placeholder.span.clone()).is_some());
            assert!(text.get(placeholder.inner.clone()).is_some());
        }
        for malformed in &scan.malformed {
            assert!(text.get(malformed.span.clone()).is_some());
            assert!(text.get(malformed.placeholder.clone()).is_some());
        }
        assert!(scan.names().all(|name| text.get(name.span.clone()).is_some()));
        assert!(scan.steps <= 24 * text.len() as u64 + 64);
    }
    assert!(detect(text).steps <= 3 * text.len() as u64 + 64);
});
