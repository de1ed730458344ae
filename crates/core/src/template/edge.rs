//! Templates at the edge: copies in KV, and how a template is answered (requirements, A5).

use super::precondition::is_unchanged;
use super::store::{TemplateSnapshot, UpstreamTemplate};
use crate::http::{Reply, ReplyHead};
use crate::json::{self, Json};
use crate::label;
use crate::sensitive::Bytes;
use crate::upstream::genesys::Family;

/// KV keeps nothing for less, in seconds (requirements, A5).
const MIN_TTL: u64 = 60;

/// The key of a template's copy in KV.
pub fn key(family: Family, id: &str) -> String {
    format!("template:{}:{id}", family.as_str())
}

/// The key of a copy of one version in KV, which is never written anew: a version does not change (E3).
pub fn version_key(id: &str, version: u64) -> String {
    format!("template:{}:{id}:{version}", Family::Prompt.as_str())
}

/// How long such a copy is kept, in seconds (ours).
pub const VERSION_TTL_S: u64 = 86_400;

/// How long a copy is still taken for the newest at `now_ms` (Unix ms), in seconds: what a cached template states about
/// itself, else `default_s`, less its age.
pub fn ttl_s(family: Family, stored: &UpstreamTemplate, default_s: u64, now_ms: u64) -> u64 {
    let own = match family {
        Family::Cached => cache_ttl(&stored.document),
        Family::Prompt => None,
    };
    own.unwrap_or(default_s).saturating_sub(stored.age_s(now_ms)).max(MIN_TTL)
}

/// A cached template's own time; 0 where it does not want to be cached.
fn cache_ttl(document: &str) -> Option<u64> {
    let Ok(Json::Object(members)) = json::parse(document.as_bytes()) else { return None };
    let (_, Json::Object(settings)) = members.into_iter().find(|(name, _)| name == "cacheSettings")? else {
        return None;
    };
    if settings.contains(&("enabled".to_owned(), Json::Bool(false))) {
        return Some(0);
    }
    settings.iter().find_map(|(name, value)| match value {
        Json::Number(ttl) if name == "ttl" => ttl.as_u64(),
        _ => None,
    })
}

/// Whether a request wants to have upstream asked, whatever is kept here (RFC 9111, 5.2.1.4). The Fetch standard adds
/// both `Cache-Control: no-cache` and `Pragma: no-cache` to whatever asks with `If-None-Match` (HTTP-network-or-cache
/// fetch): its clients mean no more by them than that no cache on the way should answer. `max-age=0` is meant.
pub fn wants_newest(cache_control: Option<&str>, pragma: Option<&str>, if_none_match: Option<&str>) -> bool {
    let is_no_cache = |header: Option<&str>| header.map(str::trim) == Some("no-cache");
    if if_none_match.is_some() && is_no_cache(cache_control) && is_no_cache(pragma) {
        return false;
    }
    let directives = cache_control.unwrap_or_default();
    directives.split(',').any(|directive| matches!(directive.trim(), "no-cache" | "no-store" | "max-age=0"))
}

/// Answers a read: 200 with the document, or 304 to a client that has it already.
pub fn found(
    stored: &UpstreamTemplate,
    hit: bool,
    if_none_match: Option<&str>,
    request_id: &str,
    now_ms: u64,
) -> Reply {
    let mut headers = vec![
        ("etag", stored.etag.clone()),
        ("x-cache", if hit { "HIT" } else { "MISS" }.to_owned()),
        ("age", stored.age_s(now_ms).to_string()),
        // Each client asks each time, and gets a 304 where it has it already.
        ("cache-control", "private, no-cache".to_owned()),
        ("x-request-id", request_id.to_owned()),
    ];
    if is_unchanged(if_none_match, &stored.etag) {
        return Reply { head: ReplyHead { status: 304, headers }, body: Bytes::default() };
    }
    headers.push(("content-type", "application/json".to_owned()));
    Reply { head: ReplyHead { status: 200, headers }, body: Bytes(stored.document.clone().into_bytes()) }
}

/// Answers a write: the document as upstream has it now.
pub fn written(snapshot: &TemplateSnapshot, family: Family, request_id: &str) -> Reply {
    let document = json::parse(snapshot.stored.document.as_bytes()).unwrap_or(Json::Null);
    let id = document.member("id").and_then(Json::text).and_then(crate::route::uuid).unwrap_or_default();
    let location = match family {
        Family::Prompt => format!("/v1/templates/{id}"),
        Family::Cached => format!("/v1/cache/templates/{id}"),
    };
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("cache-control", "no-store".to_owned()),
        ("x-request-id", request_id.to_owned()),
        ("etag", snapshot.stored.etag.clone()),
        ("location", location),
        // Someone else's change is in it too.
        ("x-merged", snapshot.merged.to_string()),
    ];
    if let Some(bytes) = snapshot.sent_bytes {
        headers.push(("x-payload-bytes", bytes.to_string()));
    }
    if let Some(id) = snapshot.propagation_id.as_deref().and_then(label::id) {
        headers.push(("x-cdn-propagation-id", id));
    }
    let status = if snapshot.created { 201 } else { 200 };
    Reply { head: ReplyHead { status, headers }, body: Bytes(snapshot.stored.document.clone().into_bytes()) }
}

/// Answers that the copies at the edge are gone.
pub fn gone(request_id: &str) -> Reply {
    let headers = vec![("cache-control", "no-store".to_owned()), ("x-request-id", request_id.to_owned())];
    Reply { head: ReplyHead { status: 204, headers }, body: Bytes::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(document: &str) -> UpstreamTemplate {
        UpstreamTemplate { etag: "\"e\"".into(), document: document.into(), fetched_ms: 10_000 }
    }

    #[test]
    fn times_to_live() {
        for (document, expected) in [
            (r#"{"cacheSettings":{"ttl":3600}}"#, 3600),
            (r#"{"cacheSettings":{"ttl":1}}"#, 60),
            (r#"{"cacheSettings":{"ttl":3600,"enabled":false}}"#, 60),
            (r#"{"cacheSettings":{"ttl":"x"}}"#, 300),
            ("{}", 300),
            ("", 300),
        ] {
            assert_eq!(ttl_s(Family::Cached, &stored(document), 300, 10_000), expected, "{document}");
            assert_eq!(ttl_s(Family::Prompt, &stored(document), 300, 20_000), 290);
        }
    }

    #[test]
    fn reads() {
        let reply = found(&stored("{}"), true, None, "r", 15_999);
        let header =
            |name| reply.head.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!(reply.head.status, 200);
        assert_eq!((header("age"), header("x-cache"), header("etag")), (Some("5"), Some("HIT"), Some("\"e\"")));
        let reply = found(&stored("{}"), false, Some("\"e\""), "r", 0);
        assert_eq!((reply.head.status, reply.body.0.len()), (304, 0));
        for (cache_control, pragma, if_none_match, newest) in [
            (None, None, None, false),
            (Some("max-age=60"), None, None, false),
            (Some("max-age=0, no-cache"), None, None, true),
            (Some("no-cache"), None, None, true),
            (Some("no-cache"), None, Some("\"e\""), true),
            (Some("no-cache"), Some("no-cache"), None, true),
            (Some("no-cache"), Some("no-cache"), Some("\"e\""), false),
            (Some("max-age=0"), Some("no-cache"), Some("\"e\""), true),
        ] {
            let wants = wants_newest(cache_control, pragma, if_none_match);
            assert_eq!(wants, newest, "{cache_control:?} {pragma:?} {if_none_match:?}");
        }
    }
}
