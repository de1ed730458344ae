//! `${expression}`.

use super::{Content, Malformation, Output, Placeholder, Scan};
use crate::expression;

pub(super) fn scan(text: &str, scan: &mut Scan) {
    let bytes = text.as_bytes();
    // How many bytes may be read a second time, after a placeholder that is never closed.
    let mut rereads = bytes.len();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        scan.steps += 1;
        if *byte == b'\\' {
            // An escape: whatever follows is literal.
            at += 2;
            continue;
        }
        if *byte != b'$' || bytes.get(at + 1) != Some(&b'{') {
            at += 1;
            continue;
        }
        let inner = at + 2;
        let read = expression::recognise(text, inner);
        scan.steps += read.steps;
        let end = read.close.map_or(read.stop, |close| close + 1);
        match read.outcome {
            Ok(expression) => scan.placeholders.push(Placeholder {
                span: at..end,
                inner: inner..end - 1,
                content: Content::Value { expression, output: Output::Plain },
            }),
            Err(mut malformed) => {
                malformed.placeholder = at..end;
                if malformed.kind == Malformation::Unclosed {
                    malformed.span = at..inner;
                    malformed.placeholder = at..inner;
                }
                scan.malformed.push(malformed);
            }
        }
        at = end;
        // What follows a `${` that is never closed is read once more, for the placeholders in it.
        if read.close.is_none() && rereads >= read.stop - inner {
            rereads -= read.stop - inner;
            at = inner;
        }
    }
}
