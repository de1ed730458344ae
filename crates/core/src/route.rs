//! What an address means: the table of routes, and the parameters that an address carries.

mod target;

use crate::client::{Access, Right};
pub(crate) use target::uuid;
pub use target::{Query, Target, target};

/// What is asked for. The table below says by which method and address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table below is the documentation of each")]
pub enum Route {
    Chat,
    /// By OpenAI's wire.
    Completions,
    /// By OpenAI's wire.
    Embeddings,
    /// By OpenAI's wire.
    ListPublicModels,
    /// By OpenAI's wire.
    ReadPublicModel,
    Guard,
    Lint,
    ListTemplates,
    CreateTemplate,
    SyncTemplates,
    ReadTemplate,
    UpdateTemplate,
    ListVersions,
    ReadVersion,
    DiffVersions,
    ListLabels,
    SetLabel,
    RemoveLabel,
    RollBackLabel,
    AdoptTemplate,
    RenderTemplate,
    ExecuteTemplate,
    PublishNew,
    ReadCached,
    Publish,
    Invalidate,
    AdoptCached,
    Usage,
    ListModels,
    SubmitModel,
    ReadModel,
    DeleteModel,
    WatchModel,
    ConfigureModel,
    ReadConfiguration,
    InvokeModel,
    ExportModel,
    /// As the document names it (requirements, C7).
    ConfigureNamed,
    /// As the document names it (requirements, C7).
    InvokeNamed,
    Audit,
    AuditHeads,
    ListWebhooks,
    ListDeadLetters,
    Redeliver,
    ListKeys,
    CreateKey,
    ReadKey,
    UpdateKey,
    RevokeKey,
    RotateKey,
    WhoAmI,
    Metrics,
    Stats,
    Health,
    OpenApi,
}

/// One row for each route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// `GET`, `POST`, `PUT`, `PATCH`, `DELETE`.
    pub method: &'static str,
    /// The address. `{id}` is a UUID, `{name}` one that the operator gave, `{version}` an integer from 1, `{label}` the
    /// name of a label, `{model}` a name, which may have slashes.
    pub pattern: &'static str,
    /// What is asked for.
    pub route: Route,
    /// What a client's key must be allowed to, where a key is asked for.
    pub right: Right,
    /// What its audit rows call it, `resource.verb`; none for what only looks, which has no row.
    pub action: Option<&'static str>,
}

const fn row(
    method: &'static str,
    pattern: &'static str,
    route: Route,
    right: Right,
    action: Option<&'static str>,
) -> Row {
    Row { method, pattern, route, right, action }
}

/// Every route.
pub const ROUTES: [Row; 55] = [
    row("POST", "/v1/chat", Route::Chat, Right::Use, Some("chat.complete")),
    row("POST", "/openai/v1/chat/completions", Route::Completions, Right::Use, Some("chat.complete")),
    row("POST", "/openai/v1/embeddings", Route::Embeddings, Right::Use, Some("embeddings.create")),
    row("GET", "/openai/v1/models", Route::ListPublicModels, Right::Use, None),
    row("GET", "/openai/v1/models/{model}", Route::ReadPublicModel, Right::Use, None),
    row("POST", "/v1/guard", Route::Guard, Right::Use, Some("guard.check")),
    row("POST", "/v1/lint", Route::Lint, Right::Use, Some("lint.check")),
    row("GET", "/v1/templates", Route::ListTemplates, Right::Use, None),
    row("POST", "/v1/templates", Route::CreateTemplate, Right::Manage, Some("template.create")),
    row("POST", "/v1/templates/sync", Route::SyncTemplates, Right::Manage, Some("template.sync")),
    row("GET", "/v1/templates/{id}", Route::ReadTemplate, Right::Use, None),
    row("PUT", "/v1/templates/{id}", Route::UpdateTemplate, Right::Manage, Some("template.update")),
    row("GET", "/v1/templates/{id}/versions", Route::ListVersions, Right::Use, None),
    row("GET", "/v1/templates/{id}/versions/{version}", Route::ReadVersion, Right::Use, None),
    row("GET", "/v1/templates/{id}/diff", Route::DiffVersions, Right::Use, None),
    row("GET", "/v1/templates/{id}/labels", Route::ListLabels, Right::Use, None),
    row("PUT", "/v1/templates/{id}/labels/{label}", Route::SetLabel, Right::Manage, Some("template.label")),
    row("DELETE", "/v1/templates/{id}/labels/{label}", Route::RemoveLabel, Right::Manage, Some("template.unlabel")),
    row(
        "POST",
        "/v1/templates/{id}/labels/{label}/rollback",
        Route::RollBackLabel,
        Right::Manage,
        Some("template.rollback"),
    ),
    row("POST", "/v1/templates/{id}/adopt", Route::AdoptTemplate, Right::Admin, Some("template.adopt")),
    row("POST", "/v1/templates/{id}/render", Route::RenderTemplate, Right::Use, Some("template.render")),
    row("POST", "/v1/templates/{id}/execute", Route::ExecuteTemplate, Right::Use, Some("template.execute")),
    row("POST", "/v1/cache/templates", Route::PublishNew, Right::Manage, Some("cached_template.create")),
    row("GET", "/v1/cache/templates/{id}", Route::ReadCached, Right::Use, None),
    row("PUT", "/v1/cache/templates/{id}", Route::Publish, Right::Manage, Some("cached_template.update")),
    row("DELETE", "/v1/cache/templates/{id}", Route::Invalidate, Right::Manage, Some("cached_template.invalidate")),
    row("POST", "/v1/cache/templates/{id}/adopt", Route::AdoptCached, Right::Admin, Some("cached_template.adopt")),
    row("POST", "/v1/usage/query", Route::Usage, Right::Manage, Some("usage.query")),
    row("GET", "/v1/models", Route::ListModels, Right::Use, None),
    row("POST", "/v1/models", Route::SubmitModel, Right::Manage, Some("model.submit")),
    row("GET", "/v1/models/{id}", Route::ReadModel, Right::Use, None),
    row("DELETE", "/v1/models/{id}", Route::DeleteModel, Right::Manage, Some("model.delete")),
    row("GET", "/v1/models/{id}/events", Route::WatchModel, Right::Use, None),
    row("PUT", "/v1/models/{id}/configuration", Route::ConfigureModel, Right::Manage, Some("model.configure")),
    row("GET", "/v1/models/{id}/configuration", Route::ReadConfiguration, Right::Use, None),
    row("POST", "/v1/models/{id}/invoke", Route::InvokeModel, Right::Use, Some("model.invoke")),
    row("GET", "/v1/models/{id}/snapshot", Route::ExportModel, Right::Manage, Some("model.export")),
    row("POST", "/api/configure-model", Route::ConfigureNamed, Right::Manage, Some("model.submit")),
    row("POST", "/api/invoke-protected", Route::InvokeNamed, Right::Use, Some("model.invoke")),
    row("GET", "/v1/audit", Route::Audit, Right::Audit, Some("audit_log.export")),
    row("GET", "/v1/webhooks", Route::ListWebhooks, Right::Admin, None),
    row("GET", "/v1/webhooks/{name}/dead-letters", Route::ListDeadLetters, Right::Admin, None),
    row("POST", "/v1/webhooks/{name}/redeliver", Route::Redeliver, Right::Admin, Some("webhook.redeliver")),
    row("GET", "/v1/audit/heads", Route::AuditHeads, Right::Audit, Some("audit_log.heads")),
    row("GET", "/v1/keys", Route::ListKeys, Right::Manage, None),
    row("POST", "/v1/keys", Route::CreateKey, Right::Manage, Some("key.create")),
    row("GET", "/v1/keys/{id}", Route::ReadKey, Right::Manage, None),
    row("PATCH", "/v1/keys/{id}", Route::UpdateKey, Right::Manage, Some("key.update")),
    row("DELETE", "/v1/keys/{id}", Route::RevokeKey, Right::Manage, Some("key.revoke")),
    row("POST", "/v1/keys/{id}/rotate", Route::RotateKey, Right::Manage, Some("key.rotate")),
    row("GET", "/v1/whoami", Route::WhoAmI, Right::Use, None),
    row("GET", "/v1/metrics", Route::Metrics, Right::Manage, None),
    row("GET", "/v1/stats", Route::Stats, Right::Manage, None),
    row("GET", "/healthz", Route::Health, Right::Use, None),
    row("GET", "/v1/openapi.json", Route::OpenApi, Right::Use, None),
];

/// What the addresses are about that begin like this.
const RESOURCES: [(&str, &str); 8] = [
    ("/v1/templates", "prompt_template"),
    ("/v1/cache/templates", "cached_template"),
    ("/v1/usage", "usage"),
    ("/v1/models", "model"),
    ("/api/", "model"),
    ("/v1/audit", "audit_log"),
    ("/v1/webhooks", "webhook"),
    ("/v1/keys", "key"),
];

impl Route {
    /// Its row.
    pub fn row(self) -> Row {
        // A test finds every route in the table.
        ROUTES.into_iter().find(|row| row.route == self).unwrap_or(row("", "", self, Right::Audit, None))
    }

    /// Whether a call with an `Idempotency-Key` happens once, and its answer is kept.
    pub const fn is_keyed(self) -> bool {
        matches!(self, Route::Chat | Route::Completions | Route::Embeddings | Route::ExecuteTemplate)
    }

    /// What a client's key must be allowed to, where a key is asked for.
    pub fn right(self) -> Right {
        self.row().right
    }

    /// The kind of thing that it is about, for audit rows: its address says it.
    pub fn resource(self) -> Option<&'static str> {
        let pattern = self.pattern();
        RESOURCES.iter().find(|(address, _)| pattern.starts_with(address)).map(|(_, resource)| *resource)
    }

    /// What is done with the templates that it is about, which have owners.
    pub fn access(self) -> Option<Access> {
        match self {
            Route::ListTemplates
            | Route::ReadTemplate
            | Route::ListVersions
            | Route::ReadVersion
            | Route::DiffVersions
            | Route::ListLabels
            | Route::RenderTemplate
            | Route::ExecuteTemplate
            | Route::ReadCached => Some(Access::Read),
            Route::SyncTemplates
            | Route::UpdateTemplate
            | Route::SetLabel
            | Route::RemoveLabel
            | Route::RollBackLabel
            | Route::AdoptTemplate
            | Route::Publish
            | Route::Invalidate
            | Route::AdoptCached => Some(Access::Change),
            _ => None,
        }
    }

    /// What its audit rows call it; none for what only looks.
    pub fn action(self) -> Option<&'static str> {
        self.row().action
    }

    /// Whether a request for it has a body.
    pub fn takes_body(self) -> bool {
        // All that a label is taken back by is in the address.
        self != Route::RollBackLabel && matches!(self.row().method, "POST" | "PUT" | "PATCH")
    }

    /// The address of the table, for metrics and audit rows: it has no parameter's value in it.
    pub fn pattern(self) -> &'static str {
        self.row().pattern
    }
}

#[cfg(test)]
mod tests;
