//! Turns an answer's frames into the chunks that a fault wants: same meaning or broken, on purpose.

use hyper::body::Bytes;
use serde_json::Value;

use super::frames::{Frames, Framing};
use crate::fault::{Fault, StreamShape};
use crate::ledger::Failure;

const BOM: &[u8] = b"\xef\xbb\xbf";
/// Frames that no JSON parser takes.
const BAD_FRAMES: &[&[u8]] = &[b"{\"content\": \"half", b"not json", b"{\"content\":}", b"[1,", b"}"];
/// A frame whose string is no UTF-8.
const BAD_UTF8: &[u8] = b"{\"content\":\"\xff\xfe\xc3\"}";

/// One frame as it goes out: the chunks it is cut into. Usually one.
pub(crate) type Pieces = Vec<Bytes>;

/// Ends the frames of an answer after so many with an error, as a failed generation does.
pub(crate) fn fail(frames: &mut Frames, failure: &Failure) {
    // The frames that complete an answer never come before an error.
    let most = frames.frames.len().saturating_sub(frames.terminal.max(1));
    frames.frames.truncate(failure.after_frames.min(most));
    frames.frames.extend(failure.frames.iter().cloned());
    frames.terminal = 0;
}

/// Applies every fault that changes bytes: contents first, then line ends, then cuts.
pub(crate) fn disguise(answer: Frames, faults: &[Fault]) -> Vec<Pieces> {
    let Frames { framing, mut frames, terminal, .. } = answer;
    for fault in faults {
        match fault {
            Fault::NoTerminal {} => frames.truncate(frames.len().saturating_sub(terminal)),
            Fault::MalformedFrames { all: true, .. } => {
                frames = bad_frames().take(frames.len()).collect();
            }
            Fault::MalformedFrames { count, .. } => frames = mixed(frames, *count, bad_frames()),
            Fault::InvalidUtf8 { count } => {
                frames = mixed(frames, *count, std::iter::repeat(Bytes::from_static(BAD_UTF8)));
            }
            _ => {}
        }
    }
    let has = |wanted: &Fault| faults.contains(wanted);
    let shaped = |shape: StreamShape| has(&Fault::StreamShape { shape });
    let end = match (has(&Fault::Crlf {}), shaped(StreamShape::Cr)) {
        _ if framing == Framing::Whole => "",
        (_, true) if framing == Framing::Events => "\r",
        (true, _) => "\r\n",
        _ => "\n",
    };
    let last = frames.len().saturating_sub(1);
    frames
        .into_iter()
        .enumerate()
        .map(|(at, frame)| {
            let mut bytes = Vec::with_capacity(frame.len() + 16);
            if at == 0 && has(&Fault::Bom {}) {
                bytes.extend_from_slice(BOM);
            }
            if has(&Fault::BlankLines {}) {
                bytes.extend_from_slice(end.as_bytes());
            }
            if framing == Framing::Events {
                event(&mut bytes, &frame, end, &shaped);
            } else {
                bytes.extend_from_slice(&frame);
            }
            if at != last || !has(&Fault::NoFinalNewline {}) {
                bytes.extend_from_slice(end.as_bytes());
                if framing == Framing::Events {
                    bytes.extend_from_slice(end.as_bytes());
                }
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

/// Writes one server-sent event but for its last line end and the blank line.
fn event(bytes: &mut Vec<u8>, frame: &[u8], end: &str, shaped: &impl Fn(StreamShape) -> bool) {
    let mut line = |text: &str| {
        bytes.extend_from_slice(text.as_bytes());
        bytes.extend_from_slice(end.as_bytes());
    };
    if shaped(StreamShape::Comments) {
        line(": PROCESSING");
        line(":");
        line("");
        line(": and one within the event");
    }
    if shaped(StreamShape::EmptyData) {
        line("data:");
        line("");
    }
    if shaped(StreamShape::EventNames) {
        line("event: message");
    }
    if shaped(StreamShape::UnknownFields) {
        line("id: 7");
        line("retry: 3000");
        line("trace: abc");
        line("nothing");
    }
    let name = if shaped(StreamShape::NoSpace) { "data:" } else { "data: " };
    bytes.extend_from_slice(name.as_bytes());
    match serde_json::from_slice::<Value>(frame) {
        // JSON may have line ends between its tokens; the field may be there once a line.
        Ok(value) if shaped(StreamShape::MultiLineData) => {
            let text = serde_json::to_string_pretty(&value).unwrap_or_default();
            bytes.extend_from_slice(text.replace('\n', &format!("{end}{name}")).as_bytes());
        }
        _ => bytes.extend_from_slice(frame),
    }
}

fn bad_frames() -> impl Iterator<Item = Bytes> {
    BAD_FRAMES.iter().copied().map(Bytes::from_static).cycle()
}

/// One bad frame before each of the first `count` good ones; those left over before the last.
fn mixed(frames: Vec<Bytes>, count: usize, mut bad: impl Iterator<Item = Bytes>) -> Vec<Bytes> {
    let mut left = count.min(100_000);
    let last = frames.len().saturating_sub(1);
    let mut all = Vec::with_capacity(frames.len() + left);
    for (at, frame) in frames.into_iter().enumerate() {
        let here = if at == last { left } else { left.min(1) };
        left -= here;
        all.extend(bad.by_ref().take(here));
        all.push(frame);
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
    use crate::reply::FrameEnvelope;

    fn answer(framing: Framing) -> Frames {
        let frames = ["{\"content\":\"é\"}", "{\"content\":\"€\"}", "{\"usage\":{}}"].map(Bytes::from).to_vec();
        let hull = FrameEnvelope { head: String::new(), tail: String::new(), end: "", fill: b'a' };
        Frames { framing, content_type: String::new(), frames, terminal: 1, hull, cut: None }
    }

    fn lines() -> Frames {
        answer(Framing::Lines)
    }

    fn sent(faults: &[Fault]) -> Vec<u8> {
        disguise(lines(), faults).concat().concat()
    }

    fn events(faults: &[Fault]) -> String {
        String::from_utf8(disguise(answer(Framing::Events), faults).concat().concat()).unwrap()
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
            fail(&mut lines, &Failure { after_frames, frames: vec![line.clone()] });
            assert_eq!(lines.frames.len(), after_frames.min(2) + 1);
            assert_eq!(lines.frames.last(), Some(&line));
        }
    }

    #[test]
    fn events_are_written_in_every_way_there_is() {
        let shape = |shape| Fault::StreamShape { shape };
        assert!(events(&[]).starts_with("data: {\"content\":\"é\"}\n\ndata: {"));
        assert!(
            events(&[shape(StreamShape::NoSpace), Fault::Crlf {}])
                .starts_with("data:{\"content\":\"é\"}\r\n\r\ndata:{")
        );
        assert!(events(&[shape(StreamShape::Cr)]).ends_with("}\r\rdata: {\"usage\":{}}\r\r"));
        let lines = events(&[shape(StreamShape::MultiLineData)]);
        assert!(lines.starts_with("data: {\ndata:   \"content\": \"é\"\ndata: }\n\n"), "{lines}");
        let all = [StreamShape::Comments, StreamShape::EmptyData, StreamShape::EventNames, StreamShape::UnknownFields];
        let noisy = events(&all.map(shape));
        for text in [": PROCESSING\n", "\ndata:\n\n", "\nevent: message\n", "\nid: 7\nretry: 3000\n"] {
            assert!(noisy.contains(text), "{text}");
        }
        assert!(events(&[Fault::NoFinalNewline {}]).ends_with("\n\ndata: {\"usage\":{}}"));
    }
}
