//! Turns an answer's lines into the chunks that a fault wants: same meaning or broken, on purpose.

use hyper::body::Bytes;

use crate::fault::Fault;
use crate::ledger::Failure;

const BOM: &[u8] = b"\xef\xbb\xbf";
/// Lines that no JSON parser takes.
const BAD_LINES: &[&[u8]] = &[b"{\"content\": \"half", b"not json", b"{\"content\":}", b"[1,", b"}"];
/// A line whose string is no UTF-8.
const BAD_UTF8: &[u8] = b"{\"content\":\"\xff\xfe\xc3\"}";

/// One line as it goes out: the chunks it is cut into. Usually one.
pub(crate) type Pieces = Vec<Bytes>;

/// Ends the lines of an answer after `frames` with an error, as a failed generation does.
pub(crate) fn fail(lines: &mut Vec<Bytes>, failure: &Failure) {
    // The terminal frame never comes before an error.
    lines.truncate(failure.after_frames.min(lines.len().saturating_sub(1)));
    lines.push(failure.line.clone());
}

/// Applies every fault that changes bytes: contents first, then line ends, then cuts.
pub(crate) fn disguise(mut lines: Vec<Bytes>, faults: &[Fault]) -> Vec<Pieces> {
    for fault in faults {
        match fault {
            Fault::NoTerminal {} => {
                lines.pop();
            }
            Fault::MalformedFrames { all: true, .. } => {
                lines = bad_lines().take(lines.len()).collect();
            }
            Fault::MalformedFrames { count, .. } => lines = mixed(lines, *count, bad_lines()),
            Fault::InvalidUtf8 { count } => {
                lines = mixed(lines, *count, std::iter::repeat(Bytes::from_static(BAD_UTF8)));
            }
            _ => {}
        }
    }
    let has = |wanted: &Fault| faults.contains(wanted);
    let end: &[u8] = if has(&Fault::Crlf {}) { b"\r\n" } else { b"\n" };
    let last = lines.len().saturating_sub(1);
    lines
        .into_iter()
        .enumerate()
        .map(|(at, line)| {
            let mut bytes = Vec::with_capacity(line.len() + 8);
            if at == 0 && has(&Fault::Bom {}) {
                bytes.extend_from_slice(BOM);
            }
            if has(&Fault::BlankLines {}) {
                bytes.extend_from_slice(end);
            }
            bytes.extend_from_slice(&line);
            if at != last || !has(&Fault::NoFinalNewline {}) {
                bytes.extend_from_slice(end);
            }
            if has(&Fault::OneByteChunks {}) {
                cut(bytes.into(), |_| true)
            } else if has(&Fault::SplitUtf8 {}) {
                // Cut before every continuation byte (10xxxxxx).
                cut(bytes.into(), |byte| byte & 0xc0 == 0x80)
            } else {
                vec![bytes.into()]
            }
        })
        .collect()
}

fn bad_lines() -> impl Iterator<Item = Bytes> {
    BAD_LINES.iter().copied().map(Bytes::from_static).cycle()
}

/// One bad line before each of the first `count` good ones; those left over before the last.
fn mixed(lines: Vec<Bytes>, count: usize, mut bad: impl Iterator<Item = Bytes>) -> Vec<Bytes> {
    let mut left = count.min(100_000);
    let last = lines.len().saturating_sub(1);
    let mut all = Vec::with_capacity(lines.len() + left);
    for (at, line) in lines.into_iter().enumerate() {
        let here = if at == last { left } else { left.min(1) };
        left -= here;
        all.extend(bad.by_ref().take(here));
        all.push(line);
    }
    all
}

/// Cuts before every byte (but the first) that `before` holds for.
fn cut(mut bytes: Bytes, before: impl Fn(u8) -> bool) -> Pieces {
    let mut pieces = Vec::new();
    while let Some(at) = bytes.iter().skip(1).position(|byte| before(*byte)) {
        pieces.push(bytes.split_to(at + 1));
    }
    pieces.push(bytes);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Bytes> {
        ["{\"content\":\"é\"}", "{\"content\":\"€\"}", "{\"usage\":{}}"].map(Bytes::from).to_vec()
    }

    fn sent(faults: &[Fault]) -> Vec<u8> {
        disguise(lines(), faults).concat().concat()
    }

    #[test]
    fn cuts_change_no_byte() {
        let plain = sent(&[]);
        assert_eq!(sent(&[Fault::OneByteChunks {}]), plain);
        assert_eq!(sent(&[Fault::SplitUtf8 {}]), plain);
        let one = disguise(lines(), &[Fault::OneByteChunks {}]).concat();
        assert!(one.iter().all(|piece| piece.len() == 1));
        let split = disguise(lines(), &[Fault::SplitUtf8 {}]).concat();
        assert_eq!(split.len(), 3 + 1 + 2);
        assert!(split.iter().any(|piece| std::str::from_utf8(piece).is_err()));
    }

    #[test]
    fn line_ends_and_marks() {
        let all = sent(&[Fault::Bom {}, Fault::Crlf {}, Fault::BlankLines {}, Fault::NoFinalNewline {}]);
        let all = String::from_utf8(all).unwrap();
        assert_eq!(all, "\u{feff}\r\n{\"content\":\"é\"}\r\n\r\n{\"content\":\"€\"}\r\n\r\n{\"usage\":{}}");
        assert_eq!(sent(&[Fault::NoTerminal {}]).iter().filter(|b| **b == b'\n').count(), 2);
    }

    #[test]
    fn bad_lines_stand_among_good_ones() {
        for count in [0, 1, 2, 50] {
            let pieces = disguise(lines(), &[Fault::MalformedFrames { count, all: false }]);
            let good = |p: &&Pieces| serde_json::from_slice::<serde_json::Value>(&p[0]).is_ok();
            assert_eq!(pieces.len(), 3 + count);
            assert_eq!(pieces.iter().filter(good).count(), 3);
            assert!(good(&pieces.last().unwrap()));
        }
        let all = disguise(lines(), &[Fault::MalformedFrames { count: 1, all: true }]);
        assert!(all.iter().all(|p| serde_json::from_slice::<serde_json::Value>(&p[0]).is_err()));
        let bad = disguise(lines(), &[Fault::InvalidUtf8 { count: 2 }]).concat();
        assert_eq!(bad.iter().filter(|p| std::str::from_utf8(p).is_err()).count(), 2);
    }

    #[test]
    fn a_failure_ends_the_lines() {
        for after_frames in [0, 1, 99] {
            let mut lines = lines();
            let line = Bytes::from("{\"code\":1}");
            fail(&mut lines, &Failure { after_frames, line: line.clone() });
            assert_eq!(lines.len(), after_frames.min(2) + 1);
            assert_eq!(lines.last(), Some(&line));
        }
    }
}
