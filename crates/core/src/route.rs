//! What an address stands for: the table of routes, and the parameters that an address carries.

use crate::client::{Access, Right};
use crate::fault::{Fault, Faults, Path, nearest};
use crate::problem::{Code, Problem};

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
    /// The address. `{id}` is a UUID, `{name}` one that the operator gave, `{version}` an integer from 1, `{model}` a
    /// name, which may have slashes.
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
pub const ROUTES: [Row; 51] = [
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

    /// The kind of thing that it is about, for audit rows.
    pub fn resource(self) -> Option<&'static str> {
        match self {
            Route::PublishNew | Route::ReadCached | Route::Publish | Route::Invalidate | Route::AdoptCached => {
                Some("cached_template")
            }
            Route::Usage => Some("usage"),
            Route::Audit | Route::AuditHeads => Some("audit_log"),
            Route::ListKeys
            | Route::CreateKey
            | Route::ReadKey
            | Route::UpdateKey
            | Route::RevokeKey
            | Route::RotateKey => Some("key"),
            Route::ListWebhooks | Route::ListDeadLetters | Route::Redeliver => Some("webhook"),
            Route::ListModels
            | Route::SubmitModel
            | Route::ReadModel
            | Route::DeleteModel
            | Route::WatchModel
            | Route::ConfigureModel
            | Route::ReadConfiguration
            | Route::InvokeModel
            | Route::ExportModel
            | Route::ConfigureNamed
            | Route::InvokeNamed => Some("model"),
            Route::ListTemplates
            | Route::CreateTemplate
            | Route::SyncTemplates
            | Route::ReadTemplate
            | Route::UpdateTemplate
            | Route::ListVersions
            | Route::ReadVersion
            | Route::DiffVersions
            | Route::AdoptTemplate
            | Route::RenderTemplate
            | Route::ExecuteTemplate => Some("prompt_template"),
            Route::Chat
            | Route::Completions
            | Route::Embeddings
            | Route::ListPublicModels
            | Route::ReadPublicModel
            | Route::Guard
            | Route::Lint
            | Route::WhoAmI
            | Route::Metrics
            | Route::Stats
            | Route::Health
            | Route::OpenApi => None,
        }
    }

    /// What is done with the templates that it is about, which have owners.
    pub fn access(self) -> Option<Access> {
        match self {
            Route::ListTemplates
            | Route::ReadTemplate
            | Route::ListVersions
            | Route::ReadVersion
            | Route::DiffVersions
            | Route::RenderTemplate
            | Route::ExecuteTemplate
            | Route::ReadCached => Some(Access::Read),
            Route::SyncTemplates
            | Route::UpdateTemplate
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
        matches!(self.row().method, "POST" | "PUT" | "PATCH")
    }

    /// The address of the table, for metrics and audit rows: it has no parameter's value in it.
    pub fn pattern(self) -> &'static str {
        self.row().pattern
    }
}

/// The path and query of a request with the URL `url`, whose `Host` header is `host`. The platform builds the URL of that
/// header and the path, so a header with more in it than a host's name and port could choose the path.
///
/// # Errors
/// [`Code::InvalidRequest`] where the header has anything else in it.
pub fn target<'a>(url: &'a str, host: Option<&str>) -> Result<&'a str, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]%".contains(c);
    if !host.unwrap_or_default().chars().all(plain) {
        let detail = "The Host header must be a host's name or address, and a port where there is one.";
        return Err(Problem::new(Code::InvalidRequest, detail));
    }
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let target = after_scheme.find(['/', '?', '#']).and_then(|at| after_scheme.get(at..)).unwrap_or("/");
    Ok(target.split('#').next().unwrap_or_default())
}

/// Below this is OpenAI's API, of which clients ask for much more than there is here.
const OPENAI: &str = "/openai/";

/// A route and what its address carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What is asked for.
    pub route: Route,
    /// `{id}`, in lower case, `{name}` or `{model}`; empty where the address has none.
    pub id: String,
    /// `{version}`; 0 where the address has none.
    pub version: u64,
    /// The address as it was asked for, without its query.
    pub path: String,
    /// The text after `?`, not decoded.
    query: String,
}

impl Target {
    /// Finds the route of a request; `target` is the path, with `?` and the query if there is one. HEAD is GET.
    ///
    /// # Errors
    /// [`Code::NotFound`], or [`Code::MethodNotAllowed`] with the methods that fit.
    pub fn find(method: &str, target: &str) -> Result<Target, Problem> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let method = if method == "HEAD" { "GET" } else { method };
        let mut allowed = Vec::new();
        for Row { method: known, pattern, route, .. } in ROUTES {
            let Some((id, version)) = fits(pattern, path) else { continue };
            if known == method {
                return Ok(Target { route, id, version, path: path.to_owned(), query: query.to_owned() });
            }
            allowed.push(known);
            if known == "GET" {
                allowed.push("HEAD");
            }
        }
        if allowed.is_empty() {
            let mut known: Vec<&str> = ROUTES.map(|row| row.pattern).to_vec();
            known.dedup();
            let detail = match nearest(path, &known) {
                _ if path.starts_with(OPENAI) => {
                    let there: Vec<&str> = known.into_iter().filter(|known| known.starts_with(OPENAI)).collect();
                    format!("Nothing is at this address: there are {}.", there.join(", "))
                }
                Some(meant) => format!("Nothing is at this address: did you mean {meant}? An id is a UUID."),
                None => "Nothing is at this address. GET /v1/openapi.json lists all there are.".to_owned(),
            };
            return Err(Problem::new(Code::NotFound, detail));
        }
        let allow = allowed.join(", ");
        let mut problem = Problem::new(Code::MethodNotAllowed, format!("Use {allow} here."));
        problem.allow = Some(allow);
        Err(problem)
    }

    /// Whether the query has a parameter that is none of `names`.
    pub fn has_query_beside(&self, names: &[&str]) -> bool {
        form_urlencoded::parse(self.query.as_bytes()).any(|(name, _)| !names.contains(&name.as_ref()))
    }

    /// Whether the query has the parameter `name`.
    pub fn has_query(&self, name: &str) -> bool {
        form_urlencoded::parse(self.query.as_bytes()).any(|(known, _)| known == name)
    }

    /// The path and query of the same request with another value of one parameter.
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = form_urlencoded::parse(self.query.as_bytes()).filter(|(known, _)| known != name);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others).append_pair(name, value);
        format!("{}?{}", self.path, query.finish())
    }

    /// The query's parameters, decoded; `names` are those that this route knows.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] for names that are not known, or that stand twice.
    pub fn query(&self, names: &[&'static str]) -> Result<Query, Problem> {
        let mut faults = Faults::default();
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            let path = Path::root().name("query").name(&name);
            let Some(known) = names.iter().find(|known| **known == name) else {
                faults.add(|| {
                    let hint = match nearest(&name, names) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None if names.is_empty() => "this address takes none.".to_owned(),
                        None => format!("there are {}.", names.join(", ")),
                    };
                    Fault::new(&path, "unknown_parameter", format!("This parameter is not known: {hint}"))
                });
                continue;
            };
            if found.iter().any(|(earlier, _)| earlier == known) {
                faults.add(|| Fault::new(&path, "duplicate_key", "Duplicate parameter. Remove one."));
            }
            found.push((known, value.into_owned()));
        }
        if faults.is_empty() { Ok(Query(found)) } else { Err(Problem::with_errors(Code::InvalidRequest, faults)) }
    }
}

/// The parameters of a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query(Vec<(&'static str, String)>);

impl Query {
    /// The text of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is an integer from 1 to `most`.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn integer(&self, name: &str, most: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) if (1..=most).contains(&value) => Ok(Some(value)),
            _ => {
                let message = format!("`{name}` must be an integer from 1 to {most}.");
                Err(Problem::with_errors(Code::InvalidRequest, vec![at(name, "out_of_range", message)]))
            }
        }
    }

    /// A parameter that is `true` or `false`; without it, false.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false" | "0") => Ok(false),
            // `?dry_run` alone means that it is wanted: nobody should change a library by a short form.
            Some("true" | "1" | "") => Ok(true),
            Some(_) => {
                let message = format!("`{name}` must be true or false.");
                Err(Problem::with_errors(Code::InvalidRequest, vec![at(name, "wrong_type", message)]))
            }
        }
    }
}

fn at(name: &str, code: &'static str, message: String) -> Fault {
    Fault::new(&Path::root().name("query").name(name), code, message)
}

/// The parameters of `path`, if it is one of `pattern`.
fn fits(pattern: &str, path: &str) -> Option<(String, u64)> {
    let (mut id, mut version) = (String::new(), 0);
    if let Some(front) = pattern.strip_suffix("{model}") {
        let name = path.strip_prefix(front).filter(|name| !name.is_empty())?;
        return Some((decoded(name), 0));
    }
    let mut given = path.split('/');
    for segment in pattern.split('/') {
        let value = given.next()?;
        match segment {
            "{id}" => id = uuid(value)?,
            "{name}" if !value.is_empty() => id = value.to_owned(),
            "{version}" => version = value.parse().ok().filter(|version| *version > 0)?,
            literal if literal == value => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some((id, version))
}

/// `name` without its percent-encoding. Names in addresses have no `+` for a space.
fn decoded(name: &str) -> String {
    let name = name.replace('+', "%2B");
    let pair = form_urlencoded::parse(name.as_bytes()).next();
    pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// A UUID of 36 characters (RFC 9562, 4), in lower case.
pub(crate) fn uuid(text: &str) -> Option<String> {
    (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok()).flatten().map(|id| id.hyphenated().to_string())
}

#[cfg(test)]
mod tests;
