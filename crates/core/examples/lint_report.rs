//! The linter, native: each line of the standard input is a body of `POST /v1/lint`, each line of the output its report.

use std::io::{BufRead, Write};
use std::rc::Rc;

use promptgate_core::lint::{self, Linter};

fn main() -> std::io::Result<()> {
    let linter = Rc::new(Linter::default());
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let report = lint::answer(&linter, line?.as_bytes()).unwrap_or_else(|problem| problem.document("").to_string());
        writeln!(out, "{report}")?;
    }
    Ok(())
}
