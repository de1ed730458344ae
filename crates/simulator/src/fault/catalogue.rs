//! The table of fault kinds: names, fields, endpoints and one line of documentation each.

use super::On;

/// One kind of fault, as users write it.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [&'static str],
    pub(crate) on: Group,
    /// One line for `GET /_simulator/faults`.
    pub(crate) what: &'static str,
}

/// Endpoints that take the same kinds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Group {
    Any,
    /// All but the webhook sink.
    Api,
    /// Those that answer in frames.
    Streams,
    /// The one that answers in server-sent events.
    Events,
    Token,
    /// Those that answer with one JSON body.
    Json,
    /// Those of sections 8 to 13 that answer with one JSON body.
    Resources,
    Lists,
    /// Writes of templates, which another writer may come before.
    Writes,
}

impl Group {
    pub(crate) fn has(self, on: On) -> bool {
        // A chat completion may be one JSON body, too.
        let resource = on == On::OpenaiChat || !on.streams() && !matches!(on, On::Token | On::Webhook);
        match self {
            Self::Any => true,
            Self::Api => on != On::Webhook,
            Self::Streams => on.streams(),
            Self::Events => on == On::OpenaiChat,
            Self::Token => on == On::Token,
            Self::Json => on == On::Token || resource,
            Self::Resources => resource,
            Self::Lists => matches!(on, On::PromptList | On::PromptVersions | On::Analytics),
            Self::Writes => matches!(on, On::TemplatePut | On::PromptPut | On::PromptCreate),
        }
    }
}

const fn kind(name: &'static str, fields: &'static [&'static str], on: Group, what: &'static str) -> Kind {
    Kind { name, fields, on, what }
}

/// Every kind.
pub(crate) const KINDS: &[Kind] = &[
    kind("none", &[], Group::Any, "answers as usual; lets a request pass in a queue"),
    kind("drop", &["execute"], Group::Any, "closes (FIN) without a byte of answer"),
    kind("reset_before_headers", &["execute"], Group::Any, "resets (RST) without a byte of answer"),
    kind("hang", &["execute"], Group::Any, "never answers; the connection stays open"),
    kind("delay", &["ms"], Group::Any, "waits before the headers"),
    kind("delay_first_byte", &["ms"], Group::Streams, "headers at once, the first frame later"),
    kind(
        "gate",
        &["after_frames", "before"],
        Group::Any,
        "holds after n frames (default 0), or before headers, until the gate opens",
    ),
    kind(
        "stall",
        &["after_frames"],
        Group::Streams,
        "nothing more after n frames (default 1); the connection stays open",
    ),
    kind(
        "reset_mid_stream",
        &["after_frames", "how"],
        Group::Streams,
        "resets (or how: close) after n frames (default 1)",
    ),
    kind(
        "error_frame",
        &["after_frames", "status", "code", "message", "form"],
        Group::Streams,
        "an error body as a line after n frames (default 1), then a clean end; the outcome of the execution",
    ),
    kind("one_byte_chunks", &[], Group::Streams, "every byte its own chunk and write"),
    kind("split_utf8", &[], Group::Streams, "chunks are cut inside multi-byte characters"),
    kind("crlf", &[], Group::Streams, "lines end in CR LF"),
    kind("bom", &[], Group::Streams, "a byte order mark comes first"),
    kind("blank_lines", &[], Group::Streams, "a blank line before every frame"),
    kind("no_final_newline", &[], Group::Streams, "the last line has no line end"),
    kind("no_terminal", &[], Group::Streams, "a clean end without the usage frame"),
    kind(
        "malformed_frames",
        &["count", "all"],
        Group::Streams,
        "n lines (default 1) that are no JSON among the good ones, or all of them",
    ),
    kind("invalid_utf8", &["count"], Group::Streams, "n lines (default 1) that are no UTF-8 among the good ones"),
    kind(
        "oversized_line",
        &["bytes", "after_frames"],
        Group::Streams,
        "one line of that many bytes after n frames (default 1)",
    ),
    kind(
        "flood",
        &["megabytes", "after_frames"],
        Group::Streams,
        "that many MB (10^6 bytes) of frames as fast as the reader takes them, then the usual answer",
    ),
    kind("endless", &["interval_ms"], Group::Streams, "frames without end, one per interval (default 0)"),
    kind("html", &[], Group::Any, "200 with a page of text/html"),
    kind(
        "redirect",
        &["status", "location"],
        Group::Any,
        "307 (or status) to /_simulator/redirect-target on this server (or location)",
    ),
    kind(
        "status",
        &["status", "retry_after", "retry_after_date_in_s", "code", "message", "headers", "body", "execute"],
        Group::Any,
        "an error answer; body: json, html, empty or huge",
    ),
    kind("date_skew", &["seconds"], Group::Api, "shifts the Date header and HTTP-date Retry-After"),
    kind("malformed", &[], Group::Json, "200 with half a JSON object"),
    kind("no_access_token", &[], Group::Token, "200 without access_token"),
    kind("empty", &[], Group::Json, "200 without a body"),
    kind("expires_in", &["value"], Group::Token, "tells this expires_in, any JSON value; the token's real life stays"),
    kind(
        "concurrent_write",
        &["set"],
        Group::Writes,
        "another writer sets these members (default: a new description) just before the write is looked at",
    ),
    kind("set", &["member", "value"], Group::Resources, "a good answer's member has this value"),
    kind("leave_out", &["member"], Group::Resources, "a good answer lacks this member"),
    kind("no_header", &["name"], Group::Resources, "the answer lacks this header, such as etag"),
    kind("cut_body", &["how"], Group::Resources, "half the body, then a reset (or how: close)"),
    kind("num_pages", &[], Group::Lists, "a list says numPages in place of pageCount"),
    kind(
        "answer",
        &["content", "reasoning", "reasoning_as", "refusal", "tool_calls", "finish_reason", "piece"],
        Group::Streams,
        "what the model says, in place of canned text; no fault, and kept for replays",
    ),
    kind("stream_shape", &["shape"], Group::Events, "the stream is written as other servers do; see the README"),
    kind(
        "keep_alive",
        &["after_frames", "count", "interval_ms"],
        Group::Events,
        "comments after n frames (default 1), `count` of them (default 1), one per interval (default 0)",
    ),
    kind("raw", &["text", "content_type"], Group::Events, "200 with this body, as it is"),
];

/// The known name that is most like `name`.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long input can't be a typing error of a short name, and the distance is quadratic.
    if name.len() > 64 {
        return None;
    }
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity > 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_when_mistyped() {
        let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        for name in &names {
            let typo = format!("{name}x");
            assert_eq!(nearest(&typo, names.iter().copied()), Some(*name));
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
        assert_eq!(nearest(&"x".repeat(1 << 20), names), None);
    }

    #[test]
    fn the_readme_names_every_kind_field_and_shape() {
        let readme = include_str!("../../README.md");
        for name in super::super::StreamShape::ALL.iter().map(|shape| shape.name()) {
            assert!(readme.contains(&format!("`{name}`")), "{name}");
        }
        for kind in KINDS {
            assert!(readme.contains(&format!("`{}`", kind.name)), "{}", kind.name);
            for field in kind.fields {
                assert!(readme.contains(&format!("`{field}`")), "{} of {}", field, kind.name);
            }
        }
    }
}
