//! Questions about prompt templates, as addresses ask them: lists, versions, differences.

use serde_json::json;

use super::merge::diff;
use super::store::{MAX_DOCUMENT, own};
use crate::fault::{Fault, Path};
use crate::json::{self, Json};
use crate::problem::{Code, Problem};
use crate::route::Target;
use crate::sensitive::Bytes;
use crate::upstream::UpstreamRequest;
use crate::upstream::genesys::{list_templates, list_versions};

/// Most entries of a page, and how many there are unless asked for (contract, section 8).
const PAGE: (u64, u64) = (100, 25);
/// Highest page, and highest version, that is asked for (ours).
const MOST: u64 = 1_000_000;

/// `GET /v1/templates?pageNumber=&pageSize=&name=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Which page, from 1.
    pub number: u64,
    /// Most members of it.
    pub size: u64,
    name: Option<String>,
}

impl Listing {
    /// Reads the question.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn read(target: &Target) -> Result<Listing, Problem> {
        let query = target.query(&["pageNumber", "pageSize", "name"])?;
        let number = query.integer("pageNumber", MOST)?.unwrap_or(1);
        let size = query.integer("pageSize", PAGE.0)?.unwrap_or(PAGE.1);
        Ok(Listing { number, size, name: query.get("name").map(str::to_owned) })
    }

    /// The question for that page upstream.
    pub fn page(&self, number: u64, size: u64) -> UpstreamRequest {
        list_templates(number, size, self.name.as_deref())
    }
}

/// `GET /v1/templates/{id}/versions?pageNumber=&pageSize=`.
///
/// # Errors
/// [`Code::InvalidRequest`].
pub fn versions_question(target: &Target) -> Result<UpstreamRequest, Problem> {
    let query = target.query(&["pageNumber", "pageSize"])?;
    let number = query.integer("pageNumber", MOST)?.unwrap_or(1);
    Ok(list_versions(&target.id, number, query.integer("pageSize", PAGE.0)?.unwrap_or(PAGE.1)))
}

/// `GET /v1/templates/{id}/diff?from=&to=`: the two versions.
///
/// # Errors
/// [`Code::InvalidRequest`].
pub fn diff_question(target: &Target) -> Result<(u64, u64), Problem> {
    let query = target.query(&["from", "to"])?;
    let required = |name: &str| {
        query.integer(name, MOST)?.ok_or_else(|| {
            let message = format!("`{name}` is missing: the number of a version.");
            let fault = Fault::new(&Path::root().name("query").name(name), "missing_parameter", message);
            Problem::with_errors(Code::InvalidRequest, vec![fault])
        })
    };
    Ok((required("from")?, required("to")?))
}

/// `POST /v1/templates/sync?dry_run=`.
///
/// # Errors
/// [`Code::InvalidRequest`].
pub fn sync_question(target: &Target) -> Result<bool, Problem> {
    target.query(&["dry_run"])?.flag("dry_run")
}

/// The version `number` of a prompt template, as JSON written here: what upstream answered may be anything.
///
/// # Errors
/// [`Code::UpstreamMalformed`] where it is no template of this version.
pub fn version(number: u64, body: &Bytes) -> Result<String, Problem> {
    let document = document(body)?;
    match document.member("version") {
        Some(Json::Number(stated)) if stated.as_u64() == Some(number) => Ok(document.to_text()),
        _ => Err(malformed()),
    }
}

/// A template in upstream's answer.
fn document(body: &Bytes) -> Result<Json, Problem> {
    if body.0.len() > MAX_DOCUMENT {
        return Err(malformed());
    }
    json::parse(&body.0).ok().filter(|document| matches!(document, Json::Object(_))).ok_or_else(malformed)
}

fn malformed() -> Problem {
    Problem::new(Code::UpstreamMalformed, "The upstream's answer is no template. Check its address.")
}

/// What has changed from the version `from` to the version `to`, as JSON.
///
/// # Errors
/// [`Code::UpstreamMalformed`].
pub fn difference(from: u64, before: &Bytes, to: u64, after: &Bytes) -> Result<String, Problem> {
    let changes = diff(&own(&document(before)?), &own(&document(after)?));
    Ok(json!({ "from": from, "to": to, "changes": changes }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0198c0de-1234-4abc-8def-0123456789ab";

    #[test]
    fn questions() {
        let target = |address: &str| Target::find("GET", address).unwrap();
        let listing = Listing::read(&target("/v1/templates?pageNumber=2&name=a")).unwrap();
        let ask = listing.page(listing.number, listing.size);
        assert!(ask.path.ends_with("?pageNumber=2&pageSize=25&name=a"));
        assert!(Listing::read(&target("/v1/templates?pageSize=101")).is_err());
        assert!(Listing::read(&target("/v1/templates?size=1")).is_err());
        assert_eq!(diff_question(&target(&format!("/v1/templates/{ID}/diff?from=1&to=3"))).unwrap(), (1, 3));
        for query in ["", "?from=1", "?from=0&to=1", "?from=x&to=1"] {
            assert!(diff_question(&target(&format!("/v1/templates/{ID}/diff{query}"))).is_err(), "{query}");
        }
    }

    #[test]
    fn what_upstream_sets_is_no_difference() {
        let body = |text: &str| Bytes(text.as_bytes().to_vec());
        let stated =
            difference(1, &body(r#"{"version":1,"name":"a"}"#), 2, &body(r#"{"version":2,"name":"b"}"#)).unwrap();
        assert_eq!(stated, r#"{"changes":[{"after":"b","before":"a","path":"$.name"}],"from":1,"to":2}"#);
        assert!(difference(1, &body("x"), 2, &body("{}")).is_err());
        assert!(difference(1, &body("{}"), 2, &body("[]")).is_err());
    }

    #[test]
    fn a_version_is_rebuilt() {
        let read = |text: &str| version(3, &Bytes(text.as_bytes().to_vec())).map_err(|problem| problem.code);
        assert_eq!(read("{ \"version\" : 3,\n\"name\":\"\\u0061\" }").unwrap(), r#"{"version":3,"name":"a"}"#);
        let large = format!(r#"{{"version":3,"user_template":"{}"}}"#, "x".repeat(MAX_DOCUMENT));
        for text in [
            "",
            "<html>canary</html>",
            "[]",
            "3",
            "{}",
            r#"{"version":2}"#,
            r#"{"version":"3"}"#,
            r#"{"version":3,"version":3}"#,
            r#"{"version":3}{}"#,
            &"[".repeat(100_000),
            &large,
        ] {
            assert_eq!(read(text), Err(Code::UpstreamMalformed), "{}", text.get(..80).unwrap_or(text));
        }
        assert_eq!(version(3, &Bytes(vec![b'"', 0xff, b'"'])).unwrap_err().code, Code::UpstreamMalformed);
    }
}
