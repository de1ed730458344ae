//! What is decided before a body is read: the client, the formats, the size.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::client::{self, Caller, Tenant};
use crate::front::Front;
use crate::http::essence;
use crate::problem::{Code, Problem};
use crate::reply::Format;
use crate::route::Route;

/// The headers of a request that matter here.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    /// `Authorization`
    pub authorization: Option<String>,
    /// `api-key` or `x-api-key`: where other wires have the key.
    pub api_key: Option<String>,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Content-Encoding`
    pub content_encoding: Option<String>,
    /// `Content-Length`
    pub content_length: Option<String>,
    /// `Accept`
    pub accept: Option<String>,
    /// `Idempotency-Key`
    pub idempotency_key: Option<String>,
    /// `If-Match`
    pub if_match: Option<String>,
    /// `If-None-Match`
    pub if_none_match: Option<String>,
    /// `Cache-Control`
    pub cache_control: Option<String>,
    /// `Pragma`
    pub pragma: Option<String>,
    /// `Last-Event-ID`
    pub last_event_id: Option<String>,
    /// `x-stainless-retry-count`: the only sign of an official SDK's own retry.
    pub retry_count: Option<String>,
}

/// A request for an answer of a model, whose body may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// How the answer is written.
    pub front: Front,
    /// The key to send upstream: `llm-gw-<uuid>` (requirements, B4).
    pub upstream_key: String,
}

impl Admitted {
    /// A number that is the same for the same key: which upstream of several is asked must be, too.
    pub fn draw(&self) -> u64 {
        Sha256::digest(&self.upstream_key).iter().take(8).fold(0, |draw, byte| draw << 8 | u64::from(*byte))
    }
}

impl Headers {
    /// The key that the request bears.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`].
    pub fn key(&self) -> Result<Cow<'_, str>, Problem> {
        match (&self.authorization, &self.api_key) {
            (None, Some(key)) => client::bearer(Some(&format!("Bearer {key}"))).map(|key| Cow::Owned(key.to_owned())),
            (authorization, _) => client::bearer(authorization.as_deref()).map(Cow::Borrowed),
        }
    }

    /// Whether `caller` may ask for `route` with these headers, where a body may have `most` bytes. Those of a body matter only where the route takes one:
    /// what a client library sends along with a GET or DELETE is not looked at.
    ///
    /// # Errors
    /// [`Code::Forbidden`], [`Code::UnsupportedMediaType`] and [`Code::BodyTooLarge`].
    pub fn permit(&self, caller: &Caller, route: Route, most: usize) -> Result<(), Problem> {
        caller.may(route.right())?;
        if !route.takes_body() {
            return Ok(());
        }
        self.json()?;
        let declared = self.content_length.as_deref().map(|length| length.trim().parse::<u64>());
        if matches!(declared, Some(Ok(length)) if length > most as u64) {
            return Err(too_large(most));
        }
        Ok(())
    }

    /// Decides on a request of `tenant` for an answer of a model; `address` is the path as it was asked for, `random`
    /// are 16 random bytes.
    ///
    /// # Errors
    /// [`Code::NotAcceptable`] and [`Code::InvalidIdempotencyKey`].
    pub fn admit(&self, tenant: &Tenant, address: &str, random: [u8; 16]) -> Result<Admitted, Problem> {
        let front = Front::Promptgate(Format::from_accept(self.accept.as_deref())?);
        Ok(Admitted { front, upstream_key: self.upstream_key(tenant, address, random)? })
    }

    /// The key to send upstream.
    ///
    /// # Errors
    /// [`Code::InvalidIdempotencyKey`].
    pub fn upstream_key(&self, tenant: &Tenant, address: &str, random: [u8; 16]) -> Result<String, Problem> {
        Ok(match &self.idempotency_key {
            Some(key) => derived_key(tenant, address, client_key(key)?),
            None => format!("llm-gw-{}", uuid::Builder::from_random_bytes(random).into_uuid()),
        })
    }

    /// How often the client has sent this request before, as its SDK counts.
    pub fn retries(&self) -> Option<u32> {
        self.retry_count.as_deref()?.parse().ok()
    }

    fn json(&self) -> Result<(), Problem> {
        let encoding = self.content_encoding.as_deref().unwrap_or_default().trim();
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
            let detail = "The body is encoded (`Content-Encoding`): send it as it is, without compression.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let content_type = self.content_type.as_deref().unwrap_or_default();
        let foreign_charset = content_type.split(';').skip(1).any(|parameter| {
            let parameter = parameter.trim().to_ascii_lowercase();
            parameter
                .strip_prefix("charset=")
                .is_some_and(|charset| !matches!(charset.trim_matches('"'), "utf-8" | "utf8"))
        });
        if essence(content_type) == "application/json" && !foreign_charset {
            return Ok(());
        }
        let detail = "Send JSON in UTF-8, with the header `Content-Type: application/json`.";
        Err(Problem::new(Code::UnsupportedMediaType, detail))
    }
}

/// The key that the client gave, without its quotes: 1–255 printable ASCII characters.
fn client_key(value: &str) -> Result<&str, Problem> {
    let value = value.trim();
    let key = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').unwrap_or_default(),
        None => value,
    };
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"') {
        let detail = "Idempotency-Key must be 1 to 255 printable ASCII characters, bare or in double quotes.";
        return Err(Problem::new(Code::InvalidIdempotencyKey, detail));
    }
    Ok(key)
}

/// The same key of the same tenant always gives the same key upstream, which executes it once at most; no
/// other tenant can hit it. A UUID of version 8 (RFC 9562, 5.8) over SHA-256.
fn derived_key(tenant: &Tenant, route: &str, key: &str) -> String {
    let digest = Sha256::new()
        .chain_update(tenant.as_str())
        .chain_update(b"\0POST ")
        .chain_update(route)
        .chain_update(b"\0")
        .chain_update(key)
        .finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, from)| *byte = from);
    format!("llm-gw-{}", uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// A body, whole.
#[derive(Debug, Default)]
pub struct Body(Vec<u8>);

impl Body {
    /// A body that has come to its end; [`Reading`] has counted it.
    pub fn new(bytes: Vec<u8>) -> Body {
        Body(bytes)
    }

    /// The whole body.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The whole body, given away.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The whole body as text.
    ///
    /// # Errors
    /// [`Code::InvalidJson`] where it is not UTF-8.
    pub fn text(self) -> Result<String, Problem> {
        let refuse = || Problem::new(Code::InvalidJson, "The body is not UTF-8: encode it as UTF-8.");
        String::from_utf8(self.0).map_err(|_| refuse())
    }

    /// The body did not come to its end.
    pub fn broken() -> Problem {
        Problem::new(Code::BodyIncomplete, "The body broke off before its end: send the request again.")
    }

    /// The body did not come in time.
    pub fn late() -> Problem {
        Problem::new(Code::BodyTimeout, "The body did not come in time: send the request again, faster.")
    }
}

pub(crate) fn too_large(most: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("The body is larger than {most} bytes: shorten the conversation."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Clients;
    use crate::client::Right;
    use crate::json::MAX_BODY;

    fn headers() -> (Clients, Headers) {
        let digest: String = Sha256::digest("k").iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = Headers {
            authorization: Some("Bearer k".into()),
            content_type: Some("application/json".into()),
            ..Headers::default()
        };
        (Clients::parse(&format!("t:{digest}")).unwrap(), headers)
    }

    fn admit(headers: &Headers, clients: &Clients, random: [u8; 16]) -> Result<Admitted, Problem> {
        let caller = clients.find(&headers.key()?).unwrap();
        headers.permit(caller, Route::Chat, MAX_BODY)?;
        headers.admit(&caller.tenant, "/v1/chat", random)
    }

    #[test]
    fn headers_of_a_body_matter_where_a_route_takes_one() {
        let (clients, good) = headers();
        let caller = clients.find(&good.key().unwrap()).unwrap();
        let odd = Headers {
            content_type: Some("text/plain".into()),
            content_encoding: Some("gzip".into()),
            content_length: Some("1048577".into()),
            ..good.clone()
        };
        for row in crate::route::ROUTES.iter().filter(|row| row.right == Right::Use) {
            assert_eq!(odd.permit(caller, row.route, MAX_BODY).is_ok(), !row.route.takes_body(), "{row:?}");
        }
        for (encoding, taken) in [("gzip", false), ("identity, br", false), ("IDENTITY", true), ("", true)] {
            let headers = Headers { content_encoding: Some(encoding.into()), ..good.clone() };
            let code = headers.permit(caller, Route::Chat, MAX_BODY).map_err(|problem| problem.code);
            assert_eq!(code, if taken { Ok(()) } else { Err(Code::UnsupportedMediaType) }, "{encoding}");
        }
    }

    #[test]
    fn hostile_headers() {
        let (clients, good) = headers();
        let long = "x".repeat(256);
        let of = |change: &dyn Fn(&mut Headers)| {
            let mut headers = good.clone();
            change(&mut headers);
            admit(&headers, &clients, [0; 16]).map_err(|problem| problem.code)
        };
        assert!(of(&|_| ()).is_ok());
        assert_eq!(of(&|h| h.authorization = None), Err(Code::Unauthenticated));
        for content_type in
            [None, Some(""), Some("text/plain"), Some("application/jsonx"), Some("application/json; charset=utf-16")]
        {
            assert_eq!(
                of(&|h| h.content_type = content_type.map(Into::into)),
                Err(Code::UnsupportedMediaType),
                "{content_type:?}"
            );
        }
        for content_type in
            ["Application/JSON", "application/json;charset=UTF-8", "application/json; charset=\"utf-8\""]
        {
            assert!(of(&|h| h.content_type = Some(content_type.into())).is_ok(), "{content_type}");
        }
        assert_eq!(of(&|h| h.accept = Some("image/png".into())), Err(Code::NotAcceptable));
        for key in ["", "\"\"", "\"", "\"a", "a\"b", "é", "a\nb", &long] {
            assert_eq!(of(&|h| h.idempotency_key = Some(key.into())), Err(Code::InvalidIdempotencyKey), "{key:?}");
        }
        assert_eq!(of(&|h| h.content_length = Some("1048577".into())), Err(Code::BodyTooLarge));
        for length in ["1048576", "x", "-1", "99999999999999999999999"] {
            assert!(of(&|h| h.content_length = Some(length.into())).is_ok(), "{length}: the reading decides");
        }
    }

    #[test]
    fn keys_upstream() {
        let (clients, mut headers) = headers();
        let fresh = admit(&headers, &clients, [7; 16]).unwrap().upstream_key;
        assert_eq!(fresh, "llm-gw-07070707-0707-4707-8707-070707070707");
        let mut key = |key: &str| {
            headers.idempotency_key = Some(key.into());
            admit(&headers, &clients, [7; 16]).unwrap().upstream_key
        };
        assert_eq!(key("a"), key("\"a\""));
        assert_ne!(key("a"), key("b"));
        assert_ne!(derived_key(&Tenant::for_test("t"), "/", "a"), derived_key(&Tenant::for_test("u"), "/", "a"));
    }
}
