//! Templates and usage upstream: the requests for them, and lists (contract, sections 8 to 12).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::Head;
use crate::problem::{Code, Problem};
use crate::sensitive::{Bytes, Sensitive};
use crate::upstream::{Payload, UpstreamRequest};

/// The two kinds of templates that upstream keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Prompt templates with immutable versions (requirements, E).
    Prompt,
    /// Templates that upstream's edge caches (requirements, A).
    Cached,
}

/// What a write expects to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Nothing,
    /// Whatever there is.
    Anything,
    /// What has this entity tag, as upstream gave it.
    Tag(String),
}

impl Family {
    /// What metrics and object names call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Family::Prompt => "prompt",
            Family::Cached => "cached",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Family::Prompt => "/api/v2/llm-gateway/prompt-templates",
            Family::Cached => "/api/v2/ai/gateway/templates",
        }
    }

    /// The scopes to read and to write (U5).
    const fn scopes(self) -> (&'static str, &'static str) {
        match self {
            Family::Prompt => ("llm-gateway:prompt-template:view", "llm-gateway:prompt-template:manage"),
            // It suffices for both.
            Family::Cached => ("ai:gateway:manage", "ai:gateway:manage"),
        }
    }

    /// Reads one; `id` is a UUID.
    pub fn get(self, id: &str) -> UpstreamRequest {
        UpstreamRequest::get(format!("{}/{id}", self.path()), self.scopes().0)
    }

    /// Replaces one, or makes it, where what is there is as `expect` says (A3, E3).
    pub fn put(self, id: &str, document: Vec<u8>, expect: &Expect) -> UpstreamRequest {
        let condition = match expect {
            Expect::Nothing => ("if-none-match", "*".to_owned()),
            Expect::Anything => ("if-match", "*".to_owned()),
            // E3 wants `version=N` bare.
            Expect::Tag(tag) if self == Family::Prompt => ("if-match", tag.trim_matches('"').to_owned()),
            Expect::Tag(tag) => ("if-match", tag.clone()),
        };
        let mut headers = vec![condition];
        if self == Family::Cached {
            headers.push(("x-cache-control", "max-age=0".to_owned()));
        }
        let path = format!("{}/{id}", self.path());
        // With a condition a second one changes nothing; without, it does the same again.
        UpstreamRequest {
            method: "PUT",
            path,
            headers,
            body: Bytes(document),
            scope: self.scopes().1,
            repeatable: true,
            reads: false,
        }
    }
}

/// Makes a prompt template; upstream chooses its id (E3), and does it once for one `key`.
pub fn create_template(document: Vec<u8>, key: &str) -> UpstreamRequest {
    let (path, scope) = (Family::Prompt.path().to_owned(), Family::Prompt.scopes().1);
    let headers = vec![("idempotency-key", key.to_owned())];
    UpstreamRequest { method: "POST", path, headers, body: Bytes(document), scope, repeatable: true, reads: false }
}

/// One page of the prompt templates; `name` narrows to that name.
pub fn list_templates(page: u64, size: u64, name: Option<&str>) -> UpstreamRequest {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("pageNumber", &page.to_string()).append_pair("pageSize", &size.to_string());
    if let Some(name) = name {
        query.append_pair("name", name);
    }
    UpstreamRequest::get(format!("{}?{}", Family::Prompt.path(), query.finish()), Family::Prompt.scopes().0)
}

/// One page of a prompt template's versions, oldest first.
pub fn list_versions(id: &str, page: u64, size: u64) -> UpstreamRequest {
    let path = format!("{}/{id}/versions?pageNumber={page}&pageSize={size}", Family::Prompt.path());
    UpstreamRequest::get(path, Family::Prompt.scopes().0)
}

/// One version of a prompt template.
pub fn get_version(id: &str, version: u64) -> UpstreamRequest {
    UpstreamRequest::get(format!("{}/{id}/versions/{version}", Family::Prompt.path()), Family::Prompt.scopes().0)
}

/// A query of usage (E8).
pub fn usage_query(body: Vec<u8>) -> UpstreamRequest {
    let path = "/api/v2/analytics/llm-gateway/details/query".to_owned();
    let scope = "analytics:llm-gateway:view";
    UpstreamRequest {
        method: "POST",
        path,
        headers: Vec::new(),
        body: Bytes(body),
        scope,
        repeatable: true,
        reads: true,
    }
}

/// The body of a template's execution (E6). Values are sent as they came: upstream does not look into them.
pub fn execute_payload(
    template_id: &str,
    version: u64,
    variables: &[(String, Sensitive)],
    model_id: &str,
    max_tokens: u64,
) -> Payload {
    let variables: serde_json::Map<String, Value> =
        variables.iter().map(|(name, value)| (name.clone(), value.expose().into())).collect();
    let body = json!({
        "templateId": template_id, "templateVersion": version, "variables": variables, "modelId": model_id,
        "maxTokens": max_tokens,
    });
    Payload { path: "/api/v2/llm-gateway/conversations/execute", body: Bytes(body.to_string().into_bytes()) }
}

/// The entity tag of an answer, if it has a strong one.
pub fn etag(head: &Head) -> Option<String> {
    let tag = head.header("etag")?.trim();
    let plain = tag.bytes().all(|byte| byte.is_ascii_graphic());
    (tag.len() >= 2 && tag.len() <= 200 && plain && tag.starts_with('"') && tag.ends_with('"')).then(|| tag.to_owned())
}

/// One page of a list (requirements, U4).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The members.
    pub entities: Vec<Value>,
    /// Most members of a page.
    pub page_size: u64,
    /// From 1.
    pub page_number: u64,
    /// Members of all pages.
    pub total: u64,
    /// Pages. Document 004 calls it `numPages`.
    #[serde(alias = "numPages")]
    pub page_count: u64,
}

impl Page {
    /// Reads an answer's body.
    ///
    /// # Errors
    /// [`Code::UpstreamMalformed`].
    pub fn read(body: &Bytes) -> Result<Page, Problem> {
        let malformed =
            || Problem::new(Code::UpstreamMalformed, "The upstream's answer is no list. Check its address.");
        serde_json::from_slice(&body.0).map_err(|_| malformed())
    }

    /// Most members of a page (contract, section 8): what is asked for where all are wanted.
    pub const SIZE: u64 = 100;

    /// The number of the page of [`Page::SIZE`] members that comes after `pages`; none if they are all, or a thousand.
    pub fn next(pages: &[Page]) -> Option<u64> {
        let number = pages.len() as u64 + 1;
        let more = match pages.last() {
            None => true,
            // An upstream that counts wrongly does not keep us for ever.
            Some(last) => !last.entities.is_empty() && number <= last.page_count.min(1_000),
        };
        more.then_some(number)
    }

    /// The texts at `pointer` (RFC 6901) in the members of `pages`.
    pub fn texts(pages: &[Page], pointer: &str) -> Vec<String> {
        let members = pages.iter().flat_map(|page| &page.entities);
        members.filter_map(|member| Some(member.pointer(pointer)?.as_str()?.to_owned())).collect()
    }

    /// As clients get it.
    pub fn json(&self) -> String {
        json!({
            "entities": self.entities, "pageSize": self.page_size, "pageNumber": self.page_number,
            "total": self.total, "pageCount": self.page_count,
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Row A3.
    #[test]
    fn conditions() {
        let header = |family: Family, expect| family.put("i", vec![], &expect).headers.swap_remove(0);
        assert_eq!(header(Family::Cached, Expect::Nothing), ("if-none-match", "*".into()));
        assert_eq!(header(Family::Cached, Expect::Anything), ("if-match", "*".into()));
        assert_eq!(header(Family::Cached, Expect::Tag("\"e\"".into())), ("if-match", "\"e\"".into()));
        assert_eq!(header(Family::Prompt, Expect::Tag("\"version=3\"".into())), ("if-match", "version=3".into()));
    }

    #[test]
    fn names_are_encoded() {
        let ask = list_templates(2, 25, Some("a&b=c/ü"));
        assert!(ask.path.ends_with("?pageNumber=2&pageSize=25&name=a%26b%3Dc%2F%C3%BC"), "{}", ask.path);
    }

    #[test]
    fn tags() {
        let tag = |value: &str| etag(&Head { status: 200, headers: vec![("ETag".into(), value.into())] });
        for (value, taken) in [
            ("\"a\"", true),
            ("\"version=3\"", true),
            ("W/\"a\"", false),
            ("a", false),
            ("", false),
            ("\"", false),
            ("\"a\r\nb\"", false),
        ] {
            assert_eq!(tag(value).is_some(), taken, "{value}");
        }
    }

    // Row U4.
    #[test]
    fn every_page_is_asked_for_and_no_more() {
        let page = |number, count, entities: usize| Page {
            entities: vec![Value::Null; entities],
            page_size: 100,
            page_number: number,
            total: 0,
            page_count: count,
        };
        assert_eq!(Page::next(&[]), Some(1));
        assert_eq!(Page::next(&[page(1, 2, 100)]), Some(2));
        assert_eq!(Page::next(&[page(1, 2, 100), page(2, 2, 5)]), None);
        assert_eq!(Page::next(&[page(1, 9, 0)]), None, "an empty page is the end");
        assert_eq!(Page::next(&[page(1, 0, 0)]), None);
    }

    // Row U4.
    #[test]
    fn pages_by_either_name() {
        for name in ["pageCount", "numPages"] {
            let body = format!(r#"{{"entities":[{{}}],"pageSize":25,"pageNumber":1,"total":1,"{name}":1}}"#);
            assert_eq!(Page::read(&Bytes(body.into_bytes())).map(|page| page.page_count), Ok(1), "{name}");
        }
        for body in ["", "[]", "{}", r#"{"entities":{},"pageSize":1,"pageNumber":1,"total":1,"pageCount":1}"#] {
            assert!(Page::read(&Bytes(body.into())).is_err(), "{body}");
        }
    }
}
