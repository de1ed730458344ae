//! The bodies that routes take, by the names of their schemas: the shapes by which they are decoded.

use promptgate_lint::shapes;

use crate::governance::webhook;
use crate::schema::Shape;
use crate::{guard, key, lint, model, template, usage};

/// Each schema's name and shape.
pub static BODIES: [(&str, &Shape); 19] = [
    ("ChatRequest", &shapes::CHAT_REQUEST),
    ("GuardRequest", &guard::REQUEST),
    ("LintRequest", &lint::REQUEST),
    ("PromptTemplate", &shapes::PROMPT_TEMPLATE),
    ("CachedTemplate", &shapes::CACHED_TEMPLATE),
    ("Library", &template::LIBRARY),
    ("Adoption", &template::ownership::ADOPTION),
    ("Labelling", &template::LABELLING),
    ("RenderRequest", &template::RENDER),
    ("ExecuteRequest", &template::EXECUTE),
    ("ModelDefinition", &shapes::MODEL_DEFINITION),
    ("ModelConfiguration", &shapes::MODEL_CONFIGURATION),
    ("Invocation", &model::INVOCATION),
    ("NamedInvocation", &model::NAMED_INVOCATION),
    ("KeyOrder", &key::KEY),
    ("KeyChange", &key::CHANGE),
    ("KeyRotation", &key::ROTATION),
    ("UsageQuery", &usage::QUERY),
    ("Redelivery", &webhook::REDELIVER),
];
