//! Which web pages may call the gateway from a browser (Fetch standard, 3.2: the CORS protocol). None, unless
//! `CORS_ORIGINS` names their origins. Keys come in headers and never as cookies, so no answer allows credentials.

use crate::client::Right;
use crate::http::{Reply, ReplyHead};
use crate::route::Target;
use crate::sensitive::Bytes;

/// How long a browser may keep what a preflight said, in seconds: as long as Chromium does at most.
const MAX_AGE_S: &str = "7200";
/// Headers of answers that a page may read.
const EXPOSED: &str = "age, etag, idempotency-replayed, retry-after, retry-after-ms, x-cache, x-payload-bytes, \
    x-problem-code, x-ratelimit-limit-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-requests, \
    x-ratelimit-remaining-tokens, x-ratelimit-reset-requests, x-ratelimit-reset-tokens, x-request-id, x-should-retry";
/// Most bytes of the list of headers that a page wants to send (ours).
const MAX_ASKED: usize = 2_048;

/// The origins whose pages may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors(Vec<String>);

/// What a browser asks before it sends a request.
#[derive(Debug, Clone, Copy)]
pub struct Preflight<'a> {
    /// `Origin`
    pub origin: &'a str,
    /// `Access-Control-Request-Method`
    pub method: &'a str,
    /// `Access-Control-Request-Headers`
    pub headers: &'a str,
}

impl Cors {
    /// Reads origins with commas or white space between them: `https://app.example, http://localhost:5173`.
    ///
    /// # Errors
    /// The rest of a sentence that begins with the setting's name; it quotes none.
    pub fn parse(text: &str) -> Result<Cors, String> {
        let origins = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|origin| !origin.is_empty());
        let origins = origins.enumerate().map(|(index, origin)| match is_origin(origin) {
            true => Ok(origin.to_owned()),
            false => Err(format!(
                "has no origin at place {}: write scheme, host and port alone, in small letters, as \
                 `https://web.example`",
                index + 1
            )),
        });
        origins.collect::<Result<_, _>>().map(Cors)
    }

    /// What an answer to a page of `origin` says beside its own headers. Pages may call what every key may.
    pub fn headers(&self, origin: Option<&str>, right: Option<Right>) -> Vec<(&'static str, String)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let mut headers = vec![("vary", "origin".to_owned())];
        let known = self.0.iter().find(|known| Some(known.as_str()) == origin);
        if let (Some(known), None | Some(Right::Use)) = (known, right) {
            headers.push(("access-control-allow-origin", known.clone()));
            headers.push(("access-control-expose-headers", EXPOSED.to_owned()));
        }
        headers
    }

    /// The answer to a preflight for the address `target`; none where no page may call, or the request is none.
    pub fn preflight(&self, target: &str, asked: &Preflight<'_>) -> Option<Reply> {
        if self.0.is_empty() || asked.method.is_empty() {
            return None;
        }
        // Pages may read a 404 too: a page must see that the address is wrong.
        let right = Target::find(asked.method, target).ok().map(|target| target.route.right());
        let mut headers = self.headers(Some(asked.origin), right);
        if headers.len() > 1 {
            headers.retain(|(name, _)| *name != "access-control-expose-headers");
            headers.push(("access-control-allow-methods", asked.method.to_owned()));
            headers.push(("access-control-max-age", MAX_AGE_S.to_owned()));
            // A header that nobody here knows does no harm: clients send many.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_, ".contains(&byte);
            if asked.headers.len() <= MAX_ASKED && asked.headers.bytes().all(plain) {
                headers.push(("access-control-allow-headers", asked.headers.to_owned()));
            }
        }
        headers.retain(|(_, value)| !value.is_empty());
        Some(Reply { head: ReplyHead { status: 204, headers }, body: Bytes::default() })
    }
}

/// Whether it is an origin as browsers write it (RFC 6454, 6.2).
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let default = matches!((scheme, port), ("https", Some("443")) | ("http", Some("80")));
    !scheme.is_empty()
        && scheme.bytes().all(|byte| small(byte) || b"+-.".contains(&byte))
        && !host.is_empty()
        && host.bytes().all(|byte| small(byte) || b"-._[]:".contains(&byte))
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
        && !default
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://app.example";
    const COMPLETIONS: &str = "/openai/v1/chat/completions";

    fn cors() -> Cors {
        Cors::parse("https://app.example, http://localhost:5173\n tauri://localhost http://[::1]:8080").unwrap()
    }

    fn header<'a>(headers: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
        headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn origins_are_those_that_browsers_send() {
        assert_eq!(cors().0.len(), 4);
        for text in [
            "*",
            "null",
            "https://app.example/",
            "https://app.example/x",
            "https://App.example",
            "https://app.example:443",
            "https://app.example:0",
            "https://app.example:x",
            "https://user@app.example",
            "https://",
            "://x",
            "app.example",
            "https://*.example",
            "https://ä.example",
        ] {
            let error = Cors::parse(&format!("{PAGE} {text}")).unwrap_err();
            assert!(error.contains("place 2") && !error.contains("user") && !error.contains("app.example/"), "{error}");
        }
    }

    #[test]
    fn answers_name_the_origin_that_is_known() {
        let of = |origin, right| cors().headers(origin, right);
        let known = of(Some(PAGE), Some(Right::Use));
        assert_eq!(header(&known, "access-control-allow-origin"), Some(PAGE));
        assert!(header(&known, "access-control-expose-headers").unwrap().contains("x-request-id"));
        assert_eq!(header(&known, "access-control-allow-credentials"), None);
        for (origin, right) in [
            (None, Some(Right::Use)),
            (Some("https://other.example"), Some(Right::Use)),
            (Some("https://app.example.evil"), Some(Right::Use)),
            (Some("null"), Some(Right::Use)),
            (Some(PAGE), Some(Right::Manage)),
            (Some(PAGE), Some(Right::Audit)),
        ] {
            assert_eq!(of(origin, right), [("vary", "origin".to_owned())], "{origin:?} {right:?}");
        }
        assert_eq!(Cors::default().headers(Some(PAGE), Some(Right::Use)), []);
    }

    #[test]
    fn preflights() {
        let ask = |target, origin, method, headers| cors().preflight(target, &Preflight { origin, method, headers });
        let wanted = "authorization,content-type,x-stainless-retry-count";
        let reply = ask(COMPLETIONS, PAGE, "POST", wanted).unwrap();
        assert_eq!(reply.head.status, 204);
        let says = |reply: &Reply, name| header(&reply.head.headers, name).map(str::to_owned);
        assert_eq!(says(&reply, "access-control-allow-origin").as_deref(), Some(PAGE));
        assert_eq!(says(&reply, "access-control-allow-methods").as_deref(), Some("POST"));
        assert_eq!(says(&reply, "access-control-allow-headers").as_deref(), Some(wanted));
        let long = "x".repeat(MAX_ASKED + 1);
        for (target, origin, method, headers) in [
            (COMPLETIONS, "https://other.example", "POST", wanted),
            ("/v1/templates", PAGE, "POST", wanted),
            ("/v1/audit", PAGE, "GET", wanted),
        ] {
            let reply = ask(target, origin, method, headers).unwrap();
            assert_eq!(says(&reply, "access-control-allow-origin"), None, "{target} {origin}");
            assert_eq!(says(&reply, "access-control-allow-headers"), None, "{target} {origin}");
        }
        for headers in ["x\r\nset-cookie: a", "ä", long.as_str()] {
            let reply = ask(COMPLETIONS, PAGE, "POST", headers).unwrap();
            assert_eq!(says(&reply, "access-control-allow-headers"), None);
        }
        assert_eq!(ask(COMPLETIONS, PAGE, "", ""), None, "OPTIONS alone is a method like others");
        let off = Preflight { origin: PAGE, method: "POST", headers: wanted };
        assert_eq!(Cors::default().preflight(COMPLETIONS, &off), None);
    }
}
