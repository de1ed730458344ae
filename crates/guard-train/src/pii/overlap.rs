//! Precision and recall on labelled values, by overlap.

use super::sets::{LABELS, Row, possible, window};
use crate::detail;
use promptgate_guard::{Guard, Kind, Role};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// One line per kind, and all.
pub(super) fn table(guard: &Guard, rows: &[Row], out: &mut String) {
    let mut counts: BTreeMap<Kind, Count> = BTreeMap::new();
    for row in rows {
        let report = guard.check(&row.text, Role::User);
        let overlaps = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        for (_, kind) in LABELS {
            let count = counts.entry(kind).or_default();
            let labelled: Vec<_> = row.spans.iter().filter(|span| span.0 == kind).collect();
            let reported: Vec<_> = report.findings.iter().filter(|found| found.kind == kind).collect();
            count.labelled += labelled.len() as u32;
            count.reported += reported.len() as u32;
            for (_, span) in &labelled {
                count.impossible += u32::from(!possible(kind, row.text.get(span.clone()).unwrap_or_default()));
                count.found += u32::from(reported.iter().any(|found| overlaps(&found.span, span)));
            }
            for found in &reported {
                count.right += u32::from(labelled.iter().any(|(_, span)| overlaps(&found.span, span)));
            }
            if detail::is_wanted() {
                for (_, span) in &labelled {
                    if !reported.iter().any(|found| overlaps(&found.span, span)) {
                        detail::line(&format!("MISSED {} {:?}", kind.name(), window(&row.text, span)));
                    }
                }
                for found in &reported {
                    if !labelled.iter().any(|(_, span)| overlaps(&found.span, span)) {
                        detail::line(&format!(
                            "EXTRA {} {:.2} {:?}",
                            found.code,
                            found.score,
                            window(&row.text, &found.span)
                        ));
                    }
                }
            }
        }
    }
    out.push_str(
        "| kind | labelled | impossible | reported | precision | recall | F1 |\n|---|---|---|---|---|---|---|\n",
    );
    let mut total = Count::default();
    for (kind, count) in &counts {
        count.line(kind.name(), out);
        total.labelled += count.labelled;
        total.impossible += count.impossible;
        total.reported += count.reported;
        total.right += count.right;
        total.found += count.found;
    }
    total.line("all", out);
    out.push('\n');
}

#[derive(Default, Clone, Copy)]
struct Count {
    labelled: u32,
    found: u32,
    reported: u32,
    right: u32,
    impossible: u32,
}

impl Count {
    fn line(self, name: &str, out: &mut String) {
        let ratio = |part: u32, whole: u32| {
            if whole == 0 { 1.0 } else { f64::from(part) / f64::from(whole) }
        };
        let (precision, recall) = (ratio(self.right, self.reported), ratio(self.found, self.labelled));
        let f1 = if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {} | {precision:.3} | {recall:.3} | {f1:.3} |",
            self.labelled, self.impossible, self.reported
        );
    }
}
