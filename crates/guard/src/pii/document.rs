//! Passports and driver's licences: numbers that words call so.

use super::evidence;
use crate::evidence::Topic;
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::is_word;

pub(super) const PASSPORT: Rule = Rule {
    code: "P014",
    name: "passport",
    kind: Kind::Passport,
    summary: "Six to nine letters and digits, four digits among them (two if there are nine) (ICAO Doc 9303, \
              part 4: the document number has at most nine characters), within six words after \
              `passport` or its translations. The form alone says nothing.",
    caught: &[
        "My passport number is CD7654321 and it expires soon",
        "passport: 912803456",
        "travel passport is A12803456",
        "Reisepass Nr. C01X00T47",
        "Reisepassnummer: C4VCK3WYF",
        "номер паспорта 123456789",
        "护照号码 E12345678",
    ],
    passed: &["CD7654321", "my passport expires in 2031", "passport order AB123456"],
};

pub(super) const DRIVER_LICENCE: Rule = Rule {
    code: "P015",
    name: "driver-licence",
    kind: Kind::DriverLicence,
    summary: "Six to eighteen letters and digits, hyphens allowed, five digits among them, \
              within six words after `driver's licence` or its translations (AAMVA D20 lists \
              the states' forms, which are too many and too loose to stand alone).",
    caught: &[
        "My driver's license number is A56319335",
        "driving licence MORGA657054SM9IJ",
        "DL: D123-4567-8901",
        "driver license 425700624",
        "DLN: 12345678",
        "permiso de conducir 12345678Z",
        "patente di guida U1A12345B",
    ],
    passed: &["A56319335", "drivers need 2 forms", "the driver version 53.10.1234", "conducir 100000 km"],
};

/// A token of letters and digits around the digit at `digit`, the first digit in it.
pub(super) fn token(place: &Place<'_, '_>, digit: usize) -> Option<Hit> {
    let text = place.text;
    let start = text.run_before(digit, 8, |byte| byte.is_ascii_alphabetic());
    let before = text.before(start);
    if is_word(before) || matches!(before, b'-' | b'.' | b'$' | b'+') {
        return None;
    }
    let end = text.run_to_armour(digit, 20, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let token = text.slice(start..end);
    let digits = token.iter().filter(|byte| byte.is_ascii_digit()).count();
    // Germany's passports may have few digits among their nine characters.
    let nine = digits >= 2 && token.len() == 9 && !token.iter().any(u8::is_ascii_lowercase);
    if (digits < 4 && !nine) || !(6..=18).contains(&token.len()) || token.ends_with(b"-") {
        return None;
    }
    let after = text.at(end);
    if is_word(after)
        || text.opens_tag(end)
        || (after == b'.' && (text.at(end + 1).is_ascii_digit() || text.opens_tag(end + 1)))
    {
        return None;
    }
    let evidence = evidence(place, start, end);
    let plain = token.iter().all(u8::is_ascii_alphanumeric);
    let passport = evidence.distance(Topic::Passport);
    let drivers = evidence.speaks_of(Topic::Driver, 8) && evidence.speaks_of(Topic::Licence, 6);
    let licence = if drivers || evidence.speaks_of(Topic::DriverLicence, 6) {
        let both = evidence.distance(Topic::Licence);
        both.min(evidence.distance(Topic::DriverLicence))
    } else {
        u8::MAX
    };
    if evidence.speaks_of(Topic::Passport, if digits < 4 { 2 } else { 6 })
        && passport < licence
        && plain
        && token.len() <= 9
    {
        return Some(Hit::new(&PASSPORT, start..end, 0.8));
    }
    let near = licence <= 6 && licence < passport;
    (near && digits >= 5).then(|| Hit::new(&DRIVER_LICENCE, start..end, 0.75))
}
