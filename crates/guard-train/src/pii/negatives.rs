//! Numbers that are no personal data.

use super::sets::possible;
use crate::detail;
use crate::random::Random;
use promptgate_guard::{Guard, Kind, Role};
use std::fmt::Write as _;

/// What users of such engines complain of, generated: 40 texts of each sort.
pub(super) fn table(guard: &Guard, out: &mut String) {
    let mut random = Random::new(7);
    out.push_str("## Hard negatives (generated, 40 of each sort)\n\n| sort | texts flagged |\n|---|---|\n");
    let mut total = 0;
    for (name, make) in NEGATIVES {
        let mut flagged = 0;
        for _ in 0..40 {
            let text = make(&mut random);
            let report = guard.check(&text, Role::User);
            if !report.findings.is_empty() && detail::is_wanted() {
                let code = report.findings.first().map(|found| found.code.clone());
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
