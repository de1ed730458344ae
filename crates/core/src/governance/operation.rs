//! What is left behind after an operation on a template, a question about usage or an export of the audit log: its audit
//! row, its webhook, its metrics (requirements, A6, E7–E9 and H). None of it has a word of the template's text.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::Metrics;
use super::audit::timestamp;
use super::webhook::{Event, Webhook};
use crate::canonical;
use crate::json::{self, Json};
use crate::route::Route;
use crate::template::Told;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Create,
    /// It is replaced.
    Update,
    /// Its copies at the edge are dropped.
    Invalidate,
    /// It is read, listed or compared. Leaves no row.
    Read,
    /// A template is filled in.
    Render,
    /// A library is compared, and brought up to date (E7); each change leaves a row of its own too.
    Sync,
    /// Usage is asked for (E8).
    Query,
    /// The audit log is read (H).
    Export,
}

/// How long a webhook about a template may take (A6), in milliseconds.
const WEBHOOK_MS: u32 = 5_000;

/// One operation. The names of the row's fields are the document's (requirements, A6), then ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    event: &'static str,
    audit_id: String,
    timestamp: String,
    request_id: String,
    /// The tenant whose key was used.
    user_id: Option<String>,
    /// `prompt_template`, `cached_template`, `usage`, `audit_log`.
    resource: &'static str,
    template_id: Option<String>,
    action: Action,
    success: bool,
    /// Why not: the code of the problem.
    code: Option<String>,
    latency_ms: u64,
    /// The entity tag after it.
    etag: Option<String>,
    /// SHA-256 of the canonical JSON (RFC 8785) of the document after it, in hexadecimal.
    payload_sha256: Option<String>,
    compliance_framework: String,
    /// What the webhook tells of the document.
    #[serde(skip)]
    about: About,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct About {
    name: Option<String>,
    version: Option<String>,
    cache_ttl: Option<u64>,
}

impl Operation {
    /// What `route` is asked for by the request `request_id`.
    pub fn of(route: Route, request_id: &str) -> Operation {
        let (resource, action) = match route {
            Route::CreateTemplate => ("prompt_template", Action::Create),
            Route::UpdateTemplate => ("prompt_template", Action::Update),
            Route::SyncTemplates => ("prompt_template", Action::Sync),
            Route::RenderTemplate => ("prompt_template", Action::Render),
            Route::PublishNew => ("cached_template", Action::Create),
            Route::Publish => ("cached_template", Action::Update),
            Route::Invalidate => ("cached_template", Action::Invalidate),
            Route::ReadCached => ("cached_template", Action::Read),
            Route::Usage => ("usage", Action::Query),
            Route::Audit => ("audit_log", Action::Export),
            _ => ("prompt_template", Action::Read),
        };
        Operation {
            event: "operation_audit",
            audit_id: request_id.to_owned(),
            timestamp: String::new(),
            request_id: request_id.to_owned(),
            user_id: None,
            resource,
            template_id: None,
            action,
            success: true,
            code: None,
            latency_ms: 0,
            etag: None,
            payload_sha256: None,
            compliance_framework: String::new(),
            about: About::default(),
        }
    }

    /// Who asked for it, under which of the operator's frameworks.
    pub fn by(mut self, tenant: Option<&str>, compliance_framework: &str) -> Operation {
        self.user_id = tenant.map(str::to_owned);
        self.compliance_framework = compliance_framework.to_owned();
        self
    }

    /// Which template it is about. One request may leave several rows, which this tells apart.
    pub fn on(&mut self, id: &str) {
        self.audit_id = format!("{}/{id}", self.request_id);
        self.template_id = Some(id.to_owned());
    }

    /// It was done, and this is there now.
    pub fn did(&mut self, told: &Told) {
        if told.created {
            self.action = Action::Create;
        }
        self.etag = Some(told.stored.etag.clone());
        let Ok(document) = json::parse(told.stored.document.as_bytes()) else { return };
        let get = |path: &[&str]| path.iter().try_fold(&document, |here, name| here.member(name));
        if let Some(Json::String(id)) = get(&["id"]) {
            self.on(id);
        }
        self.about = About {
            name: get(&["name"]).and_then(Json::text).map(str::to_owned),
            version: match get(&["version"]).or_else(|| get(&["metadata", "version"])) {
                Some(Json::Number(number)) => Some(number.to_string()),
                Some(Json::String(text)) => Some(text.clone()),
                _ => None,
            },
            cache_ttl: match get(&["cacheSettings", "ttl"]) {
                Some(Json::Number(ttl)) => ttl.as_u64(),
                _ => None,
            },
        };
        self.payload_sha256 = Some(canonical::hash(&document.into()));
    }

    /// It ended at `now_ms` (Unix ms), `latency_ms` after its request came; `code` is that of its problem, if it
    /// has one.
    pub fn ended(mut self, now_ms: u64, latency_ms: u64, code: Option<String>) -> Operation {
        self.timestamp = timestamp(now_ms);
        self.latency_ms = latency_ms;
        self.success = code.is_none();
        self.code = code;
        self
    }

    /// Whether it was done.
    pub fn success(&self) -> bool {
        self.success
    }

    /// The row as one line of JSON, without its end; none for what changes nothing and sends nothing.
    pub fn line(&self) -> Option<String> {
        (self.action != Action::Read).then(|| serde_json::to_string(self).unwrap_or_default())
    }

    /// Counts it; its request came by the address `route`.
    pub fn measure(&self, route: &str, metrics: &mut Metrics) {
        let tenant = self.user_id.as_deref().unwrap_or_default();
        metrics.request(route, tenant, self.code.as_deref(), Duration::from_millis(self.latency_ms));
    }

    /// The webhook `template.create`, `.update` or `.invalidate`, sent at `now_ms`; none for what changed nothing.
    pub fn event(&self, webhook: &Webhook, now_ms: u64) -> Option<Event> {
        let name = match self.action {
            _ if !self.success => return None,
            Action::Create => "template.create",
            Action::Update => "template.update",
            Action::Invalidate => "template.invalidate",
            Action::Read | Action::Render | Action::Sync | Action::Query | Action::Export => return None,
        };
        let body = json!({
            "event": name,
            "timestamp": self.timestamp,
            "request_id": self.request_id,
            "resource": self.resource,
            "id": self.template_id,
            "name": self.about.name,
            "version": self.about.version,
            "cacheTtl": self.about.cache_ttl,
            "etag": self.etag,
        });
        Some(webhook.event(name, &self.audit_id, body.to_string(), WEBHOOK_MS, now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Stored;

    #[test]
    fn a_row_has_the_documents_fields_and_no_text() {
        let document = r#"{"id":"t-1","name":"greeting","content":"canary","cacheSettings":{"ttl":600},"metadata":{"version":"1.2"}}"#;
        let told = Told {
            stored: Stored { etag: "\"e\"".into(), document: document.into(), fetched_ms: 0 },
            created: false,
            merged: false,
            propagation_id: None,
        };
        let mut operation = Operation::of(Route::Publish, "r-1").by(Some("acme"), "AI_Governance_v2");
        operation.did(&told);
        let done = operation.clone().ended(1_700_000_000_123, 7, None);
        let line = done.line().unwrap();
        assert!(!line.contains("canary") && !line.contains('\n'), "{line}");
        let row: serde_json::Value = serde_json::from_str(&line).unwrap();
        for (name, expected) in [
            ("audit_id", "r-1/t-1"),
            ("user_id", "acme"),
            ("template_id", "t-1"),
            ("action", "update"),
            ("timestamp", "2023-11-14T22:13:20.123Z"),
            ("compliance_framework", "AI_Governance_v2"),
        ] {
            assert_eq!(row[name], expected, "{name}");
        }
        assert_eq!((row["success"].as_bool(), row["payload_sha256"].as_str().map(str::len)), (Some(true), Some(64)));
        let webhook = Webhook { url: "https://hooks.example".into(), key: None };
        let event = done.event(&webhook, 0).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&event.request.body.0).unwrap();
        assert_eq!((body["event"].as_str(), body["name"].as_str()), (Some("template.update"), Some("greeting")));
        assert_eq!((body["version"].as_str(), body["cacheTtl"].as_u64()), (Some("1.2"), Some(600)));
        assert!(!body.to_string().contains("canary"));
        let failed = operation.ended(0, 0, Some("precondition_failed".into()));
        assert!(failed.event(&webhook, 0).is_none() && failed.line().unwrap().contains("\"success\":false"));
        assert_eq!(Operation::of(Route::ReadTemplate, "r").ended(0, 0, None).line(), None);
    }
}
