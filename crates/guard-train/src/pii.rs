//! How well personal data is found: the public sets, hard negatives, evasions.
//!
//! A labelled value counts as found if a finding of its kind overlaps it; a finding counts as
//! right if it overlaps a labelled value of its kind. Labels are taken as they are: a card or
//! account number whose check digits are wrong counts as missed when it is not reported, and
//! the table says how many there are.

use crate::detail;
use crate::random::Random;
use promptgate_guard::{Action, Guard, Kind, Policy, Role};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;

/// The labels of the sets that rules can find, and our kinds.
const LABELS: [(&str, Kind); 6] = [
    ("CREDIT_CARD", Kind::Card),
    ("EMAIL_ADDRESS", Kind::Email),
    ("IBAN_CODE", Kind::Iban),
    ("IP_ADDRESS", Kind::Ip),
    ("PHONE_NUMBER", Kind::Phone),
    ("US_SSN", Kind::Ssn),
];

/// A text and its labelled values in bytes.
struct Row {
    text: String,
    spans: Vec<(Kind, Range<usize>)>,
}

/// The whole evaluation as text.
pub(crate) fn evaluate(data: &Path) -> String {
    let guard = Guard::new(&Policy::all(Action::Flag));
    let mut out = String::from("# Personal data\n\n");
    let mut base = Vec::new();
    for name in ["presidio_generated_large", "presidio_generated_small"] {
        let path = data.join("pii").join(format!("{name}.jsonl"));
        let Some(rows) = read(&path) else {
            let _ = writeln!(out, "!! SKIPPED {name}: {} is not there\n", path.display());
            continue;
        };
        let _ = writeln!(out, "## {name} ({} rows)\n", rows.len());
        overlap_table(&guard, &rows, &mut out);
        if base.is_empty() {
            base = rows;
        }
    }
    recognizers(&guard, data, &mut out);
    hard_negatives(&guard, &mut out);
    evasions(&guard, &base, &mut out);
    out
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

fn overlap_table(guard: &Guard, rows: &[Row], out: &mut String) {
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

fn window(text: &str, span: &Range<usize>) -> String {
    let start = text.floor_char_boundary(span.start.saturating_sub(30));
    let end = text.ceil_char_boundary((span.end + 15).min(text.len()));
    let part = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
    format!("{}<<{}>>{}", part(start..span.start), part(span.clone()), part(span.end..end))
}

/// Whether a labelled value passes its check digits, where its kind has them.
fn possible(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Card => {
            let digits: Vec<u32> = value.chars().filter_map(|char| char.to_digit(10)).collect();
            let doubled = |(place, digit): (usize, &u32)| match (place % 2, *digit) {
                (0, digit) => digit,
                (_, digit) => digit * 2 / 10 + digit * 2 % 10,
            };
            digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
        }
        Kind::Iban => {
            let plain: Vec<char> = value.chars().filter(|char| char.is_ascii_alphanumeric()).collect();
            let moved = plain.iter().skip(4).chain(plain.iter().take(4));
            let remainder = moved
                .filter_map(|char| char.to_digit(36))
                .fold(0, |sum, value| (sum * if value > 9 { 100 } else { 10 } + value) % 97);
            remainder == 1
        }
        _ => true,
    }
}

/// Unit tests of another engine's recognisers: texts of one type each.
fn recognizers(guard: &Guard, data: &Path, out: &mut String) {
    let path = data.join("pii").join("presidio_recognizer_tests.jsonl");
    let Ok(file) = std::fs::read_to_string(&path) else {
        let _ = writeln!(out, "!! SKIPPED presidio_recognizer_tests: {} is not there\n", path.display());
        return;
    };
    out.push_str("## presidio_recognizer_tests (texts that another engine's tests expect to match, and not to)\n\n");
    out.push_str("| type | to match | matched | not to match | matched all the same |\n|---|---|---|---|---|\n");
    for (label, kind) in LABELS {
        let (mut all, mut matched, mut none, mut wrong) = (0, 0, 0, 0);
        for line in file.lines() {
            let Ok(row) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            if field(&row, "entity").as_str() != Some(label) {
                continue;
            }
            let text = field(&row, "text").as_str().unwrap_or_default();
            let found = guard.check(text, Role::User).findings.iter().any(|found| found.kind == kind);
            let expected = field(&row, "spans").as_array().is_some_and(|spans| !spans.is_empty());
            if expected != found && detail::is_wanted() {
                detail::line(&format!("RECOGNIZER {label} expected {expected} {text:?}"));
            }
            match (expected, found) {
                (true, found) => {
                    all += 1;
                    matched += u32::from(found);
                }
                (false, found) => {
                    none += 1;
                    wrong += u32::from(found);
                }
            }
        }
        let _ = writeln!(out, "| {label} | {all} | {matched} | {none} | {wrong} |");
    }
    out.push('\n');
}

/// What users of such engines complain of, generated: 40 texts of each sort.
fn hard_negatives(guard: &Guard, out: &mut String) {
    let mut random = Random::new(7);
    out.push_str("## Hard negatives (generated, 40 of each sort)\n\n| sort | texts flagged |\n|---|---|\n");
    let mut total = 0;
    for (name, make) in NEGATIVES {
        let mut flagged = 0;
        for _ in 0..40 {
            let text = make(&mut random);
            let report = guard.check(&text, Role::User);
            if !report.findings.is_empty() && detail::is_wanted() {
                let code = report.findings.first().map(|found| found.code);
                detail::line(&format!("NEGATIVE {code:?} {text:?}"));
            }
            flagged += u32::from(!report.findings.is_empty());
        }
        total += flagged;
        let _ = writeln!(out, "| {name} | {flagged} |");
    }
    let _ = writeln!(out, "| all {} | {total} |\n", 40 * NEGATIVES.len());
}

type Make = fn(&mut Random) -> String;

const NEGATIVES: [(&str, Make); 9] = [
    ("unix timestamps", |random| {
        let seconds = 1_500_000_000 + random.below(300_000_000);
        let stamp =
            if random.below(2) == 0 { format!("{seconds}") } else { format!("{seconds}{:03}", random.below(1000)) };
        random.frame(
            &[
                "The event happened at @",
                "created_at: @",
                "ts=@ level=info",
                "It was logged at @ by the server",
                "\"time\": @,",
                "At @ the job failed",
            ],
            &stamp,
        )
    }),
    ("10-digit order numbers", |random| {
        let order = random.digits(10);
        random.frame(
            &[
                "My order number is @",
                "Order @ has not arrived",
                "Where is order #@?",
                "order id: @",
                "Please check invoice @",
                "ticket @ is still open",
                "Reference @",
                "confirmation code @",
                "@ is my order",
            ],
            &order,
        )
    }),
    ("numbers that fail the card check", |random| {
        let card = loop {
            let card = format!("4{}", random.digits(15));
            if !possible(Kind::Card, &card) {
                break card;
            }
        };
        let spaced: Vec<String> =
            card.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        let card = if random.below(2) == 0 { card } else { spaced.join(" ") };
        random
            .frame(&["The number @ was printed on it", "My card is @", "id @ in the table", "Use @ please", "@"], &card)
    }),
    ("versions", |random| {
        let version = format!("{}.{}.{}.{}", random.below(20), random.below(30), random.below(200), random.below(250));
        random.frame(
            &[
                "We run version @",
                "upgrade to v@ today",
                "Chrome/@ on Linux",
                "release @ is out",
                "driver version: @",
                "build @ fails",
                "package 2.0 -> version @",
            ],
            &version,
        )
    }),
    ("commit hashes", |random| {
        let length = if random.below(2) == 0 { 40 } else { 12 };
        let hash = random.hex(length);
        random.frame(&["commit @", "fixed in @", "git checkout @", "see @ for the change", "sha: @"], &hash)
    }),
    ("UUIDs", |random| {
        let uuid =
            format!("{}-{}-4{}-a{}-{}", random.hex(8), random.hex(4), random.hex(3), random.hex(3), random.hex(12));
        random.frame(&["id: @", "conversation @ ended", "trace @", "@", "user_id=@&x=1", "The request @ failed"], &uuid)
    }),
    ("social security numbers that cannot be", |random| {
        let tail = 1 + random.below(9999);
        let ssn = match random.below(4) {
            0 => format!("000-{:02}-{tail:04}", 1 + random.below(99)),
            1 => format!("666-{:02}-{tail:04}", 1 + random.below(99)),
            2 => format!("9{}-{:02}-{tail:04}", random.digits(2), 1 + random.below(49)),
            _ => format!("{}-00-{tail:04}", 100 + random.below(500)),
        };
        random.frame(&["My SSN is @", "@", "code @", "Is @ valid?"], &ssn)
    }),
    ("decimals and amounts", |random| {
        let places = 9 + random.below(7) as usize;
        let decimal = format!("{}.{}", random.below(1000), random.digits(places));
        random.frame(
            &[
                "pi is about @",
                "latitude @",
                "The ratio is @",
                "costs $@ in total",
                "weights: [@, 0.5]",
                "lat=@, lon=-@",
            ],
            &decimal,
        )
    }),
    ("dates, times, sizes, parts", |random| {
        let pick = random.below(5);
        let value = match pick {
            0 => format!(
                "20{}-0{}-1{} 1{}:3{}:0{}",
                random.digits(2),
                1 + random.below(9),
                random.below(9),
                random.below(9),
                random.below(9),
                random.below(9)
            ),
            1 => format!("{} bytes", random.digits(9)),
            2 => format!("part no. {}-{}-{}", random.digits(3), random.digits(3), random.digits(4)),
            3 => {
                format!("ISBN 978-{}-{}-{}-{}", random.digits(1), random.digits(4), random.digits(4), random.digits(1))
            }
            _ => format!("tracking number 1Z{}", random.digits(16)),
        };
        random.frame(&["It says @.", "@", "Please look at @ again"], &value)
    }),
];

/// Values dressed up: how many of those found plain are found dressed.
fn evasions(guard: &Guard, rows: &[Row], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    out.push_str("## Evasions (values of presidio_generated_large found plain, dressed up)\n\n| dress | values | still found |\n|---|---|---|\n");
    type Dress = fn(&str) -> String;
    let dresses: [(&str, Dress); 8] = [
        ("zero-width space between all", |value| spread(value, '\u{200B}')),
        ("soft hyphen between all", |value| spread(value, '\u{AD}')),
        ("full-width", |value| {
            map(value, |char| char::from_u32(char as u32 + 0xFEE0).filter(|_| char.is_ascii_graphic()))
        }),
        ("Arabic-Indic digits", |value| {
            map(value, |char| char.to_digit(10).and_then(|digit| char::from_u32(0x660 + digit)))
        }),
        ("U+2011 and no-break space", |value| value.replace('-', "\u{2011}").replace(' ', "\u{A0}")),
        ("character references", |value| value.chars().map(|char| format!("&#{};", char as u32)).collect()),
        ("tag characters", |value| {
            map(value, |char| char::from_u32(0xE0000 + char as u32).filter(|_| char.is_ascii()))
        }),
        ("line break in the middle", |value| {
            let middle = value.ceil_char_boundary(value.len() / 2);
            let (head, tail) = value.split_at(middle);
            format!("{}\n{}", head.trim_end(), tail.trim_start())
        }),
    ];
    for (name, dress) in dresses {
        let (mut all, mut still) = (0, 0);
        for row in rows {
            let report = guard.check(&row.text, Role::User);
            for (kind, span) in &row.spans {
                let hit = |report: &promptgate_guard::Report, from: usize, to: usize| {
                    report
                        .findings
                        .iter()
                        .any(|found| found.kind == *kind && found.span.start < to && found.span.end > from)
                };
                if !hit(&report, span.start, span.end) {
                    continue;
                }
                let dressed = dress(row.text.get(span.clone()).unwrap_or_default());
                let mut text = row.text.clone();
                text.replace_range(span.clone(), &dressed);
                all += 1;
                let found = hit(&guard.check(&text, Role::User), span.start, span.start + dressed.len());
                if !found && detail::is_wanted() {
                    detail::line(&format!(
                        "EVADED {name} {} {:?}",
                        kind.name(),
                        window(&text, &(span.start..span.start + dressed.len()))
                    ));
                }
                still += u32::from(found);
            }
        }
        let _ = writeln!(out, "| {name} | {all} | {still} |");
    }
    out.push('\n');
}

fn spread(value: &str, between: char) -> String {
    let mut out = String::new();
    for (index, char) in value.chars().enumerate() {
        if index > 0 {
            out.push(between);
        }
        out.push(char);
    }
    out
}

fn map(value: &str, to: impl Fn(char) -> Option<char>) -> String {
    value.chars().map(|char| to(char).unwrap_or(char)).collect()
}

/// The rows of a labelled set, or nothing if it is not there.
fn read(path: &Path) -> Option<Vec<Row>> {
    let file = std::fs::read_to_string(path).ok()?;
    let rows = file.lines().filter_map(|line| {
        let row: Value = serde_json::from_str(line).ok()?;
        let text = field(&row, "text").as_str()?.to_owned();
        // Offsets in the files count characters.
        let borders: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let spans = field(&row, "spans").as_array()?.iter().filter_map(|span| {
            let kind = LABELS.iter().find(|label| field(span, "label").as_str() == Some(label.0))?.1;
            let border = |name: &str| borders.get(field(span, name).as_u64()? as usize).copied();
            Some((kind, border("start")?..border("end")?))
        });
        let spans = spans.collect();
        Some(Row { text, spans })
    });
    Some(rows.collect())
}

/// A field of a row, or null.
pub(crate) fn field<'r>(row: &'r Value, name: &str) -> &'r Value {
    row.get(name).unwrap_or(&Value::Null)
}
