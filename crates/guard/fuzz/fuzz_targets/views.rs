//! Every view's every range leads to the caller's character borders.
#![no_main]
use libfuzzer_sys::fuzz_target;
use promptgate_guard::view::Views;

fuzz_target!(|text: &str| {
    for view in Views::new(text).iter() {
        for (at, char) in view.text().char_indices() {
            assert!(text.get(view.span(at..at + char.len_utf8())).is_some());
        }
    }
});
