//! The table of fault kinds: names, fields, endpoints and one line of documentation each.

use super::On;

/// One kind of fault, as users write it.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [&'static str],
    pub(crate) on: &'static [On],
    /// One line for `GET /_simulator/faults`.
    pub(crate) what: &'static str,
}

const ANY: &[On] = &[On::Token, On::Chat, On::Webhook];
const API: &[On] = &[On::Token, On::Chat];
const CHAT: &[On] = &[On::Chat];
const TOKEN: &[On] = &[On::Token];

const fn kind(name: &'static str, fields: &'static [&'static str], on: &'static [On], what: &'static str) -> Kind {
    Kind { name, fields, on, what }
}

/// Every kind.
pub(crate) const KINDS: &[Kind] = &[
    kind("none", &[], ANY, "answers as usual; lets a request pass in a queue"),
    kind("drop", &["execute"], ANY, "closes (FIN) without a byte of answer"),
    kind("reset_before_headers", &["execute"], ANY, "resets (RST) without a byte of answer"),
    kind("hang", &["execute"], ANY, "never answers; the connection stays open"),
    kind("delay", &["ms"], ANY, "waits before the headers"),
    kind("delay_first_byte", &["ms"], CHAT, "headers at once, the first frame later"),
    kind(
        "gate",
        &["after_frames", "before"],
        ANY,
        "holds after n frames (default 0), or before headers, until the gate opens",
    ),
    kind("stall", &["after_frames"], CHAT, "nothing more after n frames (default 1); the connection stays open"),
    kind("reset_mid_stream", &["after_frames", "how"], CHAT, "resets (or how: close) after n frames (default 1)"),
    kind(
        "error_frame",
        &["after_frames", "status", "code", "message"],
        CHAT,
        "an error body as a line after n frames (default 1), then a clean end; the outcome of the execution",
    ),
    kind("one_byte_chunks", &[], CHAT, "every byte its own chunk and write"),
    kind("split_utf8", &[], CHAT, "chunks are cut inside multi-byte characters"),
    kind("crlf", &[], CHAT, "lines end in CR LF"),
    kind("bom", &[], CHAT, "a byte order mark comes first"),
    kind("blank_lines", &[], CHAT, "a blank line before every frame"),
    kind("no_final_newline", &[], CHAT, "the last line has no line end"),
    kind("no_terminal", &[], CHAT, "a clean end without the usage frame"),
    kind(
        "malformed_frames",
        &["count", "all"],
        CHAT,
        "n lines (default 1) that are no JSON among the good ones, or all of them",
    ),
    kind("invalid_utf8", &["count"], CHAT, "n lines (default 1) that are no UTF-8 among the good ones"),
    kind("oversized_line", &["bytes", "after_frames"], CHAT, "one line of that many bytes after n frames (default 1)"),
    kind(
        "flood",
        &["megabytes", "after_frames"],
        CHAT,
        "that many MB (10^6 bytes) of frames as fast as the reader takes them, then the usual answer",
    ),
    kind("endless", &["interval_ms"], CHAT, "frames without end, one per interval (default 0)"),
    kind("html", &[], ANY, "200 with a page of text/html"),
    kind(
        "redirect",
        &["status", "location"],
        ANY,
        "307 (or status) to /_simulator/redirect-target on this server (or location)",
    ),
    kind(
        "status",
        &["status", "retry_after", "retry_after_date_in_s", "code", "message", "body", "execute"],
        ANY,
        "an error answer; body: json, html, empty or huge",
    ),
    kind("date_skew", &["seconds"], API, "shifts the Date header and HTTP-date Retry-After"),
    kind("malformed", &[], TOKEN, "200 with half a JSON object"),
    kind("no_access_token", &[], TOKEN, "200 without access_token"),
    kind("empty", &[], TOKEN, "200 without a body"),
    kind("expires_in", &["value"], TOKEN, "tells this expires_in, any JSON value; the token's real life stays"),
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
    fn the_readme_names_every_kind_and_field() {
        let readme = include_str!("../../README.md");
        for kind in KINDS {
            assert!(readme.contains(&format!("`{}`", kind.name)), "{}", kind.name);
            for field in kind.fields {
                assert!(readme.contains(&format!("`{field}`")), "{} of {}", field, kind.name);
            }
        }
    }
}
