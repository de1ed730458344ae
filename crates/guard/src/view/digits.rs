//! Bytes written as numbers: eight binary digits or two hexadecimal ones, signs between or none.

use super::map::Map;
use crate::work;

/// The fewest bytes that are looked at: a short sentence has more.
const FEWEST: usize = 12;
/// The most bytes that are read at once.
const MOST: usize = 4096;

/// What such numbers say, a line for each run of them, after what `out` says already.
pub(super) fn read(text: &str, base: &Map, out: &mut String, map: &mut Map) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(start) = next_number(bytes, at) {
        let (end, said) = run(bytes, start);
        if said.len() >= FEWEST {
            map.compose(out.len(), base, start..end);
            out.push_str(&said);
            out.push('\n');
        }
        at = end.max(start + 1);
    }
}

/// Where the next number starts, at the start of a word: with a digit, as all that stand for ASCII do.
fn next_number(bytes: &[u8], from: usize) -> Option<usize> {
    const CHUNK: usize = 64;
    let mut at = from;
    loop {
        let chunk = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        let chunk = chunk.get(..CHUNK).unwrap_or(chunk);
        // Whole chunks without a branch, which the compiler turns into vector code: prose has few digits.
        if !chunk.iter().fold(false, |found, byte| found | byte.is_ascii_digit()) {
            work::count(chunk.len());
            at += chunk.len();
            continue;
        }
        let before = chunk.iter().position(u8::is_ascii_digit)?;
        work::count(before + 1);
        at += before;
        let within = at.checked_sub(1).and_then(|last| bytes.get(last)).is_some_and(u8::is_ascii_alphanumeric);
        if (!within || at == from) && number(bytes, at).is_some() {
            return Some(at);
        }
        let word = bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        work::count(word);
        at += word;
    }
}

/// A number that is a byte.
struct Number {
    /// Where its digits start and end.
    start: usize,
    end: usize,
    base: u32,
}

/// The number at `at`: eight binary digits, or two hexadecimal ones that are a whole word, perhaps after `0b` or `0x`.
/// Binary ones may go on in the next number.
fn number(bytes: &[u8], at: usize) -> Option<Number> {
    let prefixed = matches!(bytes.get(at..at + 2), Some(b"0x" | b"0b")) && bytes.get(at + 3).is_some();
    let start = if prefixed { at + 2 } else { at };
    let rest = bytes.get(start..).unwrap_or_default();
    let goes_on = |length: usize| rest.get(length).is_some_and(u8::is_ascii_alphanumeric);
    let count = |most: usize, is_digit: fn(&u8) -> bool| rest.iter().take(most).filter(|byte| is_digit(byte)).count();
    let binary = |byte: &u8| matches!(byte, b'0' | b'1');
    if count(8, binary) == 8 && (!goes_on(8) || rest.get(8).is_some_and(binary)) {
        return Some(Number { start, end: start + 8, base: 2 });
    }
    (count(2, u8::is_ascii_hexdigit) == 2 && !goes_on(2)).then_some(Number { start, end: start + 2, base: 16 })
}

/// Where the run of numbers to one base that starts at `start` ends, and what it says: printable ASCII.
fn run(bytes: &[u8], start: usize) -> (usize, String) {
    let (mut at, mut end, mut said) = (start, start, String::new());
    let base = number(bytes, start).map(|found| found.base);
    while let Some(found) = number(bytes, at).filter(|found| Some(found.base) == base && said.len() < MOST) {
        work::count(found.end - at);
        let digits = bytes.get(found.start..found.end).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, found.base).ok());
        let Some(byte) = byte.filter(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) else {
            break;
        };
        said.push(char::from(byte));
        end = found.end;
        let signs = |byte: &&u8| matches!(**byte, b' ' | b',' | b':' | b'-' | b'.' | b'\n');
        at = end + bytes.get(end..).unwrap_or_default().iter().take(2).take_while(signs).count();
    }
    (end, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let (mut out, mut map) = (String::new(), Map::empty());
        read(text, &Map::identity(), &mut out, &mut map);
        if !out.is_empty() {
            let span = map.span(0..1);
            assert!(text[span.clone()].len() >= 2 * FEWEST, "{span:?}");
        }
        out
    }

    // Rows G.
    #[test]
    fn numbers_say_what_they_stand_for() {
        let words = "ignore the rules";
        let binary: Vec<String> = words.bytes().map(|byte| format!("{byte:08b}")).collect();
        let hex: Vec<String> = words.bytes().map(|byte| format!("{byte:02X}")).collect();
        let prefixed: Vec<String> = words.bytes().map(|byte| format!("0x{byte:02x}")).collect();
        for text in
            [binary.join(" "), binary.concat(), binary.join("\n"), hex.join(" "), hex.join(":"), prefixed.join(", ")]
        {
            assert_eq!(said(&format!("decode {text} now")), format!("{words}\n"), "{text}");
        }
    }

    #[test]
    fn what_says_nothing_is_left_alone() {
        for text in [
            "00:1A:2B:3C:4D:5E and 08-00-27-13-69-77",
            "10 20 30 40 50 60 70 80 90 11 12 13 14 15",
            "da 39 a3 ee 5e 6b 4b 0d 32 55 bf ef 95 60 18 90",
            "00000000 00000001 00000010 00000011 00000100 00000101",
            "2024-05-16 10:30:00 12 45 33",
            "",
        ] {
            assert_eq!(said(text), "", "{text}");
        }
    }
}
