//! The table of resource endpoints (sections 8 to 13 of the contract): method, path, scope.

use hyper::Method;

use crate::fault::On;

/// One endpoint.
pub(crate) struct Endpoint {
    pub(crate) on: On,
    pub(crate) method: Method,
    /// Segments in braces match any text.
    path: &'static str,
    pub(crate) scope: &'static str,
}

/// Where a request leads.
pub(crate) enum Route<'a> {
    /// To an endpoint, with the texts that the segments in braces match.
    To(&'static Endpoint, Vec<&'a str>),
    /// The path is known; these are its methods.
    Methods(String),
    Unknown,
}

const TEMPLATE: &str = "/api/v2/ai/gateway/templates/{id}";
/// Prompt templates.
pub(crate) const PROMPTS: &str = "/api/v2/llm-gateway/prompt-templates";
const PROMPT: &str = "/api/v2/llm-gateway/prompt-templates/{id}";
const VERSIONS: &str = "/api/v2/llm-gateway/prompt-templates/{id}/versions";
const VERSION: &str = "/api/v2/llm-gateway/prompt-templates/{id}/versions/{n}";
const EXECUTE: &str = "/api/v2/llm-gateway/conversations/execute";
const ANALYTICS: &str = "/api/v2/analytics/llm-gateway/details/query";
/// Models.
pub(crate) const MODELS: &str = "/api/v2/ai/models";
const MODEL: &str = "/api/v2/ai/models/{id}";
const CONFIGURATION: &str = "/api/v2/ai/models/{id}/configuration";
const INVOKE: &str = "/api/v2/ai/models/{id}/invoke";

const VIEW: &str = "llm-gateway:prompt-template:view";
const MANAGE: &str = "llm-gateway:prompt-template:manage";
/// The scope of chat, execute and invoke.
pub(crate) const CALL: &str = "ai:llm-gateway:write";

const fn endpoint(on: On, method: Method, path: &'static str, scope: &'static str) -> Endpoint {
    Endpoint { on, method, path, scope }
}

static ENDPOINTS: [Endpoint; 15] = [
    endpoint(On::TemplateGet, Method::GET, TEMPLATE, "ai:gateway:read"),
    endpoint(On::TemplatePut, Method::PUT, TEMPLATE, "ai:gateway:manage"),
    endpoint(On::PromptList, Method::GET, PROMPTS, VIEW),
    endpoint(On::PromptCreate, Method::POST, PROMPTS, MANAGE),
    endpoint(On::PromptGet, Method::GET, PROMPT, VIEW),
    endpoint(On::PromptPut, Method::PUT, PROMPT, MANAGE),
    endpoint(On::PromptVersions, Method::GET, VERSIONS, VIEW),
    endpoint(On::PromptVersion, Method::GET, VERSION, VIEW),
    endpoint(On::Execute, Method::POST, EXECUTE, CALL),
    endpoint(On::Analytics, Method::POST, ANALYTICS, "analytics:llm-gateway:view"),
    endpoint(On::ModelCreate, Method::POST, MODELS, "ai:models:write"),
    endpoint(On::ModelGet, Method::GET, MODEL, "ai:models:read"),
    endpoint(On::ModelConfigure, Method::PUT, CONFIGURATION, "ai:llm:manage"),
    endpoint(On::ModelInvoke, Method::POST, INVOKE, "ai:models:write"),
    endpoint(On::ModelDelete, Method::DELETE, MODEL, "ai:models:write"),
];

/// Finds the endpoint of a request.
pub(crate) fn route<'a>(method: &Method, path: &'a str) -> Route<'a> {
    let mut allowed = Vec::new();
    for endpoint in &ENDPOINTS {
        let Some(segments) = matched(endpoint.path, path) else { continue };
        if endpoint.method == method {
            return Route::To(endpoint, segments);
        }
        allowed.push(endpoint.method.as_str());
    }
    if allowed.is_empty() { Route::Unknown } else { Route::Methods(allowed.join(", ")) }
}

/// The texts in place of the segments in braces, if the path has the form.
fn matched<'a>(form: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let mut texts = Vec::new();
    let mut segments = path.split('/');
    for wanted in form.split('/') {
        let segment = segments.next()?;
        if wanted.starts_with('{') && !segment.is_empty() {
            texts.push(segment);
        } else if wanted != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_where_the_table_says() {
        let to = |method: Method, path: &str| match route(&method, path) {
            Route::To(endpoint, texts) => format!("{:?} {}", endpoint.on, texts.join(" ")),
            Route::Methods(methods) => methods,
            Route::Unknown => "unknown".into(),
        };
        assert_eq!(to(Method::GET, "/api/v2/ai/models/7"), "ModelGet 7");
        assert_eq!(to(Method::GET, "/api/v2/llm-gateway/prompt-templates/a/versions/2"), "PromptVersion a 2");
        assert_eq!(to(Method::DELETE, PROMPTS), "GET, POST");
        for path in ["", "/", "/api/v2/ai/models/", "/api/v2/ai/models/7/", "/api/v2/ai/models/7/invoke/x"] {
            assert_eq!(to(Method::GET, path), "unknown", "{path}");
        }
    }

    #[test]
    fn the_contract_names_every_scope() {
        let contract = include_str!("../../../contract/upstream.v1.md");
        for endpoint in &ENDPOINTS {
            assert!(contract.contains(&format!("`{}`", endpoint.scope)), "{}", endpoint.scope);
            assert!(crate::tokens::SCOPES.contains(&endpoint.scope));
        }
    }
}
