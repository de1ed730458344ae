//! The audit row of an operation on a resource, a template for one: one line of JSON, without its text.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::audit::timestamp;
use crate::problem::Problem;

/// What is done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Create,
    /// It is replaced.
    Update,
    /// Its copies at the edge are dropped.
    Invalidate,
    /// It is read.
    Read,
    /// A template is filled in.
    Render,
    /// A template is sent to a model (requirements, E6).
    Execute,
    /// A library is compared, and brought up to date (E7).
    Sync,
    /// Usage is asked for (E8).
    Query,
}

/// One row. Names and fields are the document's (requirements, A6), then ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    event: &'static str,
    audit_id: String,
    timestamp: String,
    request_id: String,
    /// The tenant whose key was used.
    user_id: Option<String>,
    /// `template`, `cached_template`, `usage`.
    resource: &'static str,
    template_id: Option<String>,
    action: Action,
    success: bool,
    /// Why not: the code of the problem.
    code: Option<&'static str>,
    latency_ms: u64,
    /// The entity tag after it.
    etag: Option<String>,
    /// SHA-256 of the document that was sent upstream, in hexadecimal.
    payload_sha256: Option<String>,
    upstream_correlation_id: Option<String>,
    compliance_framework: String,
}

impl Operation {
    /// The row of an operation that ended at `now_ms` (Unix ms), `latency_ms` after its request came.
    pub fn new(request_id: &str, resource: &'static str, action: Action, now_ms: u64, latency_ms: u64) -> Operation {
        Operation {
            event: "operation_audit",
            // One request may leave several rows: what was done, and to what, tells them apart.
            audit_id: request_id.to_owned(),
            timestamp: timestamp(now_ms),
            request_id: request_id.to_owned(),
            user_id: None,
            resource,
            template_id: None,
            action,
            success: true,
            code: None,
            latency_ms,
            etag: None,
            payload_sha256: None,
            upstream_correlation_id: None,
            compliance_framework: String::new(),
        }
    }

    /// Who asked for it, under which of the operator's frameworks.
    pub fn by(mut self, tenant: Option<&str>, compliance_framework: &str) -> Operation {
        self.user_id = tenant.map(str::to_owned);
        self.compliance_framework = compliance_framework.to_owned();
        self
    }

    /// What it was done to.
    pub fn to(mut self, id: &str, etag: Option<&str>, payload: Option<&[u8]>) -> Operation {
        self.audit_id = format!("{}/{id}", self.request_id);
        self.template_id = Some(id.to_owned());
        self.etag = etag.map(str::to_owned);
        self.payload_sha256 =
            payload.map(|payload| Sha256::digest(payload).iter().map(|byte| format!("{byte:02x}")).collect());
        self
    }

    /// It failed.
    pub fn failed(mut self, problem: &Problem) -> Operation {
        self.success = false;
        self.code = Some(problem.code.as_str());
        self.upstream_correlation_id = problem.upstream_correlation_id.clone();
        self
    }

    /// The row as one line of JSON, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

    #[test]
    fn a_row_has_the_documents_fields_and_no_text() {
        let problem = Problem::new(Code::PreconditionFailed, "canary");
        let row = Operation::new("r-1", "template", Action::Update, 1_700_000_000_123, 7)
            .by(Some("acme"), "AI_Governance_v2")
            .to("t-1", Some("\"e\""), Some(b"canary"))
            .failed(&problem);
        let line = row.line();
        assert!(!line.contains("canary") && !line.contains('\n'), "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        for (name, expected) in [
            ("audit_id", "r-1/t-1"),
            ("user_id", "acme"),
            ("template_id", "t-1"),
            ("action", "update"),
            ("timestamp", "2023-11-14T22:13:20.123Z"),
            ("compliance_framework", "AI_Governance_v2"),
            ("code", "precondition_failed"),
        ] {
            assert_eq!(value[name], expected, "{name}");
        }
        assert_eq!(value["success"], false);
        assert_eq!(value["payload_sha256"].as_str().unwrap().len(), 64);
    }
}
