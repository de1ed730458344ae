//! What the linter says of a file: `cargo run -p promptgate-lint --example say -- FILE…`
#![allow(clippy::disallowed_methods, clippy::print_stdout, missing_docs)]
use promptgate_lint::{Linter, Source, Unit};

fn main() {
    let linter = Linter::default();
    for file in std::env::args().skip(1) {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let report = linter.lint(&Source { text: &text, file: Some(&file), kind: None });
        println!("{file}: {} {} ({})", report.kind.name(), report.taken.format.name(), report.taken.reason);
        let places = report.positions(Unit::Utf16);
        for finding in &report.findings {
            let at = places.at(finding.span.start);
            println!(
                "  {}:{} {} {:?} {} {}",
                at.line, at.column, finding.code, finding.severity, finding.message, finding.path
            );
        }
    }
}
