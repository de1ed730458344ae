//! Bytes to the data of server-sent events (WHATWG HTML, 9.2.6), however the network cuts them. Knows nothing of calls.
//!
//! Upstreams differ from the standard and from each other, so this takes more than it asks for: events without a blank
//! line at the end, any line end, a byte order mark.

/// Most bytes of one event: a whole answer may come as one (ours).
const MAX_EVENT: usize = 4 << 20;

/// The data of one event, or that it was too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// The event's `data` lines, joined by line feeds; never empty.
    Data(Vec<u8>),
    /// A comment: the server is alive.
    Comment,
    /// More than [`MAX_EVENT`] bytes; they are gone.
    TooLong,
}

/// Reassembles events from chunks. Holds at most [`MAX_EVENT`] bytes and one line.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    /// The line has bytes, kept or not.
    written: bool,
    data: Vec<u8>,
    has_data: bool,
    overlong: bool,
    /// The last byte was a carriage return: a line feed now belongs to it.
    after_cr: bool,
    begun: bool,
}

impl Events {
    /// Takes the next bytes; gives the events that they complete.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut rest = chunk;
        while let Some((&first, after)) = rest.split_first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = after;
                continue;
            }
            let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.extend(rest);
                break;
            };
            let (line, tail) = rest.split_at(end);
            self.extend(line);
            self.after_cr = tail.first() == Some(&b'\r');
            rest = tail.get(1..).unwrap_or_default();
            self.close(&mut events);
        }
        events
    }

    /// The stream has ended: gives the last event if it had no end.
    pub(super) fn finish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if self.written {
            self.close(&mut events);
        }
        self.dispatch(&mut events);
        events
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.written |= !bytes.is_empty();
        // The field's name and the byte order mark come on top.
        self.overlong |= self.line.len() + self.data.len() + bytes.len() > MAX_EVENT + 16;
        if self.overlong {
            self.line = Vec::new();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    /// A line is whole.
    fn close(&mut self, events: &mut Vec<Event>) {
        let written = std::mem::take(&mut self.written);
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if self.overlong {
            // The event's other lines are dropped with it, up to its end.
            self.data = Vec::new();
            self.has_data = true;
            if written {
                return;
            }
        }
        if line.is_empty() {
            return self.dispatch(events);
        }
        if line.starts_with(b":") {
            events.push(Event::Comment);
            return;
        }
        let (name, value) = match line.iter().position(|byte| *byte == b':') {
            Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..).unwrap_or_default()),
            None => (line, &b""[..]),
        };
        if name != b"data" {
            return;
        }
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if std::mem::replace(&mut self.has_data, true) {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
    }

    fn dispatch(&mut self, events: &mut Vec<Event>) {
        let data = std::mem::take(&mut self.data);
        if !std::mem::take(&mut self.has_data) {
            return;
        }
        if std::mem::take(&mut self.overlong) || data.len() > MAX_EVENT {
            events.push(Event::TooLong);
        } else if !data.iter().all(u8::is_ascii_whitespace) {
            events.push(Event::Data(data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(stream: &[u8], places: &[usize]) -> Vec<Event> {
        let mut events = Events::default();
        let mut out = Vec::new();
        let mut from = 0;
        for place in places.iter().copied().chain([stream.len()]) {
            out.extend(events.push(&stream[from..place]));
            from = place;
        }
        out.extend(events.finish());
        out
    }

    #[test]
    fn what_upstreams_send() {
        let data = |text: &str| Event::Data(text.as_bytes().to_vec());
        for (stream, expected) in [
            ("data: a\n\n", vec![data("a")]),
            ("data:a\n\n", vec![data("a")]),
            ("data:  a\n\n", vec![data(" a")]),
            ("data: a\r\n\r\ndata: b\r\rdata: c\n\n", vec![data("a"), data("b"), data("c")]),
            ("data: a\ndata: b\n\n", vec![data("a\nb")]),
            ("\u{feff}data: a\n\n\u{feff}data: b\n\n", vec![data("a")]),
            ("event: x\nid: 1\nretry: 5\nfoo: bar\ndata: a\n\n", vec![data("a")]),
            (": ping\n\ndata: a\n\n", vec![Event::Comment, data("a")]),
            ("data: a", vec![data("a")]),
            ("data: a\n", vec![data("a")]),
            ("data\n\ndata:\n\nevent: x\n\n\n\nretry: 1\n\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(cut(stream.as_bytes(), &[]), expected, "{stream:?}");
        }
    }

    #[test]
    fn long_events_are_passed_over_in_bounded_memory() {
        let mut events = Events::default();
        assert_eq!(events.push(b"data: "), []);
        for _ in 0..10 {
            assert_eq!(events.push(&vec![b'x'; 1 << 20]), []);
            assert!(events.line.capacity() <= 2 * (MAX_EVENT + 16));
        }
        assert_eq!(events.push(b"\n\ndata: after\n\n"), [Event::TooLong, Event::Data(b"after".to_vec())]);
        let lines = b"data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(1 << 17);
        assert_eq!(events.push(&lines), []);
        assert!(events.data.capacity() <= 2 * (MAX_EVENT + 16));
        assert_eq!(events.push(b"\ndata: b\n\n"), [Event::TooLong, Event::Data(b"b".to_vec())]);
    }

    proptest::proptest! {
        #[test]
        fn cuts_change_nothing(
            stream in "(\u{feff}|\r|\n|\r\n|é|😀|data: |data:|: ping|\\{\"a\":1\\}|x| |id: 1|\n\n){0,60}",
            places: Vec<proptest::sample::Index>,
        ) {
            let bytes = stream.as_bytes();
            let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
            places.sort_unstable();
            assert_eq!(cut(bytes, &places), cut(bytes, &[]));
            assert_eq!(cut(bytes, &(0..bytes.len()).collect::<Vec<_>>()), cut(bytes, &[]));
        }
    }
}
