//! One `${…}`: an expression that is taken is still taken with blanks around it, and says the same of itself.
#![no_main]
use libfuzzer_sys::fuzz_target;
use promptgate_lint::placeholder::{Dialect, scan};

fuzz_target!(|source: &str| {
    let names = |text: &str| {
        let scan = scan(text, Dialect::JavaScript);
        let whole = scan.placeholders.first().is_some_and(|first| first.span == (0..text.len()));
        whole.then(|| scan.names().map(|name| name.name.clone()).collect::<Vec<_>>())
    };
    if let Some(found) = names(&format!("${{{source}}}"))
        && source.len() < 1000
    {
        assert_eq!(names(&format!("${{ {source}\n}}")), Some(found));
    }
});
