//! What an operation on a template, a question about usage or an export of the audit log leaves: its audit row and its
//! webhook (requirements, A6, E7–E9 and H). None of it has a word of the template's text.

use serde_json::json;

use super::event::{AuditEvent, Occasion, Resource};
use super::webhook::{Event, Family};
use crate::canonical;
use crate::json::{self, Json};
use crate::problem::Problem;
use crate::route::Route;

/// One operation, as it goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    route: Route,
    resource: Option<Resource>,
    created: bool,
    etag: Option<String>,
    /// SHA-256 of the canonical JSON (RFC 8785) of the document after it, in hexadecimal.
    payload_sha256: Option<String>,
    name: Option<String>,
    cache_ttl: Option<u64>,
    /// The label that is set, moved or taken away, and the version that bore it.
    label: Option<(String, Option<u64>)>,
}

impl Operation {
    /// What `route` asks for.
    pub fn of(route: Route) -> Operation {
        let resource = route.resource().map(|kind| Resource { kind, id: None, version: None });
        let (etag, payload_sha256, name, cache_ttl, label) = (None, None, None, None, None);
        Operation { route, resource, created: false, etag, payload_sha256, name, cache_ttl, label }
    }

    /// Which template it is about.
    pub fn on(&mut self, id: &str) {
        if let Some(resource) = &mut self.resource {
            resource.id = Some(id.to_owned());
        }
    }

    /// Which of its labels.
    pub fn label(&mut self, label: &str) {
        self.label = Some((label.to_owned(), None));
    }

    /// The label points to the version `to` now, where it pointed to `from`.
    pub fn moved(&mut self, from: Option<u64>, to: Option<u64>) {
        if let Some((_, before)) = &mut self.label {
            *before = from;
        }
        if let Some(resource) = &mut self.resource {
            resource.version = to.map(|version| version.to_string());
        }
    }

    /// It was done, and `document` with the tag `etag` is there now, `created` where nothing was.
    pub fn did(&mut self, document: &str, etag: &str, created: bool) {
        self.created = created;
        self.etag = Some(etag.to_owned());
        let Ok(document) = json::parse(document.as_bytes()) else { return };
        let get = |path: &[&str]| path.iter().try_fold(&document, |here, name| here.member(name));
        if let Some(Json::String(id)) = get(&["id"]) {
            self.on(id);
        }
        self.name = get(&["name"]).and_then(Json::text).map(str::to_owned);
        let version = match get(&["version"]).or_else(|| get(&["metadata", "version"])) {
            Some(Json::Number(number)) => Some(number.to_string()),
            Some(Json::String(text)) => Some(text.clone()),
            _ => None,
        };
        if let Some(resource) = &mut self.resource {
            resource.version = version;
        }
        self.cache_ttl = match get(&["cacheSettings", "ttl"]) {
            Some(Json::Number(ttl)) => ttl.as_u64(),
            _ => None,
        };
        self.payload_sha256 = Some(canonical::hash(&document.into()));
    }

    /// Its row at the time of `occasion`, `latency_ms` after its request came; none for what only looks.
    pub fn row(&self, occasion: &Occasion<'_>, problem: Option<&Problem>, latency_ms: u64) -> Option<AuditEvent> {
        let action = match self.route {
            // A write to an address where nothing was.
            Route::Publish if self.created => Route::PublishNew.action()?,
            route => route.action()?,
        };
        let mut row = AuditEvent::new(occasion, action)
            .detail("compliance_framework", occasion.compliance_framework)
            .detail("etag", self.etag.clone())
            .detail("payload_sha256", self.payload_sha256.clone())
            .detail("label", self.label.as_ref().map(|(label, _)| label.clone()))
            .detail("earlier_version", self.label.as_ref().and_then(|(_, from)| *from));
        // One request may have several rows, of which each is about a template of its own.
        if let Some(id) = self.resource.as_ref().and_then(|resource| resource.id.as_ref()) {
            row.id = format!("{}/{id}", occasion.request_id);
        }
        row.resource = self.resource.clone();
        row.latency_ms = Some(latency_ms);
        Some(match problem {
            Some(problem) => row.refused(problem),
            None => row,
        })
    }

    /// The webhook `template.create`, `.update` or `.invalidate` for what was done, as `row` says; none for what changed
    /// nothing.
    pub fn event(&self, row: &AuditEvent) -> Option<Event> {
        let name = match row.action.split_once('.')? {
            _ if row.code.is_some() => return None,
            ("template" | "cached_template", "create") => "template.create",
            ("template" | "cached_template", "update") => "template.update",
            ("template" | "cached_template", "invalidate") => "template.invalidate",
            _ => return None,
        };
        let resource = self.resource.as_ref()?;
        let body = json!({
            "event": name,
            "timestamp": row.time,
            "request_id": row.request_id,
            "tenant": row.tenant,
            "payload": {
                "id": resource.id,
                "name": self.name,
                "version": resource.version,
                "cacheTtl": self.cache_ttl,
                "resource": resource.kind,
                "etag": self.etag,
            },
        });
        Some(Event { family: Family::Template, name, subject: row.id.clone(), body: body.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

    // Row H.
    #[test]
    fn a_row_says_what_was_done_and_no_text() {
        let document = r#"{"id":"t-1","name":"greeting","content":"canary","cacheSettings":{"ttl":600},"metadata":{"version":"1.2"}}"#;
        let mut operation = Operation::of(Route::Publish);
        operation.did(document, "\"e\"", false);
        let occasion = Occasion::for_test();
        let row = operation.row(&occasion, None, 7).unwrap();
        assert!(!row.line().contains("canary") && !row.line().contains('\n'), "{}", row.line());
        let value: serde_json::Value = serde_json::from_str(&row.line()).unwrap();
        for (name, expected) in
            [("id", "r-1/t-1"), ("tenant", "t"), ("action", "cached_template.update"), ("outcome", "success")]
        {
            assert_eq!(value[name], expected, "{name}");
        }
        assert_eq!(value["resource"], json!({ "type": "cached_template", "id": "t-1", "version": "1.2" }));
        assert_eq!(value["details"]["compliance_framework"], "F");
        assert_eq!(value["details"]["payload_sha256"].as_str().map(str::len), Some(64));
        let event = operation.event(&row).unwrap();
        let body: serde_json::Value = serde_json::from_str(&event.body).unwrap();
        let payload = &body["payload"];
        assert_eq!((body["event"].as_str(), payload["name"].as_str()), (Some("template.update"), Some("greeting")));
        assert_eq!((payload["version"].as_str(), payload["cacheTtl"].as_u64()), (Some("1.2"), Some(600)));
        assert!(!body.to_string().contains("canary"));
        let problem = Problem::new(Code::PreconditionFailed, "canary");
        let failed = operation.row(&occasion, Some(&problem), 7).unwrap();
        assert!(operation.event(&failed).is_none() && failed.line().contains("\"outcome\":\"refused\""));
        assert!(!failed.line().contains("canary"));
        assert_eq!(Operation::of(Route::ReadTemplate).row(&occasion, None, 0), None);
    }
}
