//! Social security and individual taxpayer numbers of the United States.

use super::evidence;
use super::number::{Cut, Number, glued_after};
use crate::evidence::Topic;
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};

pub(super) const SSN: Rule = Rule {
    code: "P005",
    name: "us-ssn",
    kind: Kind::Ssn,
    summary: "A social security number that can have been issued: area not 000, 666 or 900-999, \
              group not 00, serial not 0000, and none of the numbers the administration has \
              withdrawn after they stood in advertisements (SSA, \"Social Security Number \
              Randomization\" and \"Social Security Numbers\", POMS RM 10201.035). With hyphens \
              its form suffices; with spaces, points or nothing between, a word must name it.",
    caught: &[
        "Here's my SSN: 536-90-4399",
        "His social security number is 536904399.",
        "536-90-4399",
        "ssn 536 90 4399",
        "social security: 5\u{200B}36-90\u{2011}4399",
        "SSN 078-05-\n1123",
        "my social is 536 90 4399",
        "customer 536-90-4399",
        "for account 536-90-4399 please",
    ],
    passed: &[
        "SSN pattern 000-12-3456, 666-12-3456 or 912-99-3456",
        "078-05-1120 and 219-09-9999 were advertisements",
        "536-00-4399 and 536-90-0000",
        "order 536904399",
        "Suite 536 90 4399",
        "part no. 1536-90-43991",
        "the build 536-90-4399-2",
        "social media 536904399 followers",
    ],
};

pub(super) const ITIN: Rule = Rule {
    code: "P006",
    name: "us-itin",
    kind: Kind::Ssn,
    summary: "An individual taxpayer identification number: 9, and a group within the issued \
              ranges 50-65, 70-88, 90-92, 94-99 (Internal Revenue Service, Publication 1915), \
              named as such.",
    caught: &["My ITIN is 912-70-1234", "TIN: 912 90 1234"],
    passed: &["My ITIN is 912-67-1234", "912-70-1234"],
};

pub(super) const LABELLED: Rule = Rule {
    code: "P007",
    name: "us-ssn-as-labelled",
    kind: Kind::Ssn,
    summary: "Nine digits right after `ssn` or `social security`, whether or not such a number \
              can exist: what the chat gateway's safety matrix refuses. Scores 0.4, so it acts \
              only where a policy asks for it.",
    caught: &[],
    passed: &["SSN: 000-12-3456"],
};

/// Numbers that were printed as samples and withdrawn.
const WITHDRAWN: [u32; 2] = [78_051_120, 219_099_999];

pub(super) fn number(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    let cut = number.cuts().find(|cut| cut.digits.len() == 9)?;
    if glued_after(place.text, cut.end) {
        return None;
    }
    let formatted = cut.shape() == [3, 2, 4] && !cut.mixed;
    let bare = cut.shape() == [9];
    let value = cut.digits.iter().fold(0_u32, |value, &digit| value * 10 + u32::from(digit));
    if formatted || bare || cut.is_broken() {
        if can_exist(value) {
            let score = ssn_score(place, number, &cut, formatted);
            let hit = (score > 0.0).then(|| Hit::new(&SSN, number.start..cut.end, score));
            // What a label says right before counts more than a word against it.
            return if score > 0.4 { hit } else { labelled(place, number).or(hit) };
        } else if is_itin(value) && evidence(place, number.start, cut.end).speaks_of(Topic::Tax, 5) {
            return Some(Hit::new(&ITIN, number.start..cut.end, 0.8));
        }
    }
    labelled(place, number)
}

/// Nine digits after a label, whatever they are.
pub(super) fn labelled(place: &Place<'_, '_>, number: &Number) -> Option<Hit> {
    let nine = number.cuts().find(|cut| cut.digits.len() == 9)?;
    is_labelled(place, number.start).then(|| Hit::new(&LABELLED, number.start..nine.end, 0.4))
}

fn ssn_score(place: &Place<'_, '_>, number: &Number, cut: &Cut<'_>, formatted: bool) -> f32 {
    let (start, listed) = (number.start, number.listed);
    let evidence = evidence(place, start, cut.end);
    let named = evidence.speaks_of(Topic::Ssn, 6);
    let tax = evidence.speaks_of(Topic::Tax, 4);
    match (formatted && cut.gap == b'-', named || tax) {
        (true, true) => 0.95,
        (false, true) => 0.85,
        (true, false) if evidence.speaks_against(Topic::Ssn) => 0.3,
        (true, false) if evidence.is_record() => 0.5,
        (true, false) => 0.6,
        (false, false) if formatted && !cut.more && !listed => 0.3,
        (false, false) => 0.0,
    }
}

fn can_exist(value: u32) -> bool {
    let (area, group, serial) = (value / 1_000_000, value / 10_000 % 100, value % 10_000);
    area != 0 && area != 666 && area < 900 && group != 0 && serial != 0 && !WITHDRAWN.contains(&value)
}

fn is_itin(value: u32) -> bool {
    value >= 900_000_000 && matches!(value / 10_000 % 100, 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// `ssn` or `social security` stands right before, with a colon at the most.
fn is_labelled(place: &Place<'_, '_>, start: usize) -> bool {
    let text = place.text;
    let end = text.run_before(start, 8, |byte| byte.is_ascii_whitespace() || byte == b':');
    let security = end.saturating_sub("security".len());
    text.says(end.saturating_sub(3), "ssn")
        || (text.says(security, "security")
            && text.says(
                text.run_before(security, 4, |byte| byte.is_ascii_whitespace()).saturating_sub("social".len()),
                "social",
            ))
}
