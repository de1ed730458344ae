//! The documents' members (requirements, A1, B1, C1, D1, E1; contract, sections 9 to 13).

use super::shape::{ENDLESS, Field, Shape};
use crate::limits::{MAX_CONTENT, MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_MESSAGES, MAX_MODEL_ID, MAX_TOKENS};

const UNLIMITED: usize = ENDLESS as usize;
const ANY_TEXT: Shape = Shape::Text { least: 0, most: UNLIMITED };
const SOME_TEXT: Shape = Shape::Text { least: 1, most: UNLIMITED };

/// E1. `id`, `version` and `date_modified` are upstream's, in what was read from there.
pub(super) static PROMPT_TEMPLATE: Shape = Shape::Object(&[
    Field::required("name", Shape::Text { least: 3, most: 128 }),
    Field::optional("description", ANY_TEXT),
    Field::required("system_instruction", SOME_TEXT),
    Field::required("user_template", SOME_TEXT),
    Field::optional(
        "variables",
        Shape::List {
            item: &Shape::Variable(&[
                Field::required("name", Shape::Variable(&[])),
                Field::optional("max_length", Shape::Integer(1, ENDLESS)),
                Field::optional("trusted", Shape::Bool),
            ]),
            least: 0,
            most: UNLIMITED,
        },
    ),
    Field::optional("max_tokens", Shape::Integer(256, 128_000)),
    Field::optional(
        "safety_guardrails",
        Shape::Object(&[
            Field::optional("pii_filter", Shape::Bool),
            Field::optional("jailbreak_detection", Shape::Bool),
            Field::optional("output_moderation", Shape::Bool),
        ]),
    ),
    // What a library says of itself for its synchronisation (E7).
    Field::optional("target_version", Shape::Integer(1, ENDLESS)),
    Field::optional("id", Shape::Uuid),
    Field::optional("version", Shape::Integer(1, ENDLESS)),
    Field::optional("date_modified", SOME_TEXT),
]);

/// A1; `id`, `name` and `metadata` are filled in where they are not given.
pub(super) static CACHED_TEMPLATE: Shape = Shape::Object(&[
    Field::optional("id", Shape::Uuid),
    Field::optional("name", SOME_TEXT),
    Field::optional("description", ANY_TEXT),
    Field::required("content", SOME_TEXT),
    Field::optional(
        "variables",
        Shape::List {
            item: &Shape::Object(&[
                Field::required("name", Shape::Variable(&[])),
                Field::optional("value", Shape::Any),
                Field::optional("required", Shape::Bool),
                Field::optional("type", SOME_TEXT),
            ]),
            least: 0,
            most: UNLIMITED,
        },
    ),
    Field::optional(
        "cacheSettings",
        Shape::Object(&[
            Field::optional("enabled", Shape::Bool),
            Field::optional("ttl", Shape::Integer(60, 86_400)),
            Field::optional("invalidationStrategy", SOME_TEXT),
        ]),
    ),
    Field::optional("metadata", Shape::Open(&[])),
]);

/// B1.
pub(super) static CHAT_REQUEST: Shape = Shape::Object(&[
    Field::required(
        "systemInstructions",
        Shape::List { item: &Shape::Text { least: 0, most: MAX_INSTRUCTION }, least: 0, most: MAX_INSTRUCTIONS },
    ),
    Field::required(
        "context",
        Shape::List {
            item: &Shape::Object(&[
                Field::required("role", Shape::OneOf(&["user", "agent", "system"])),
                Field::required("content", Shape::Text { least: 0, most: MAX_CONTENT }),
            ]),
            least: 0,
            most: MAX_MESSAGES,
        },
    ),
    Field::required("temperature", Shape::Number(0.0, 2.0)),
    Field::required("maxTokens", Shape::Integer(1, MAX_TOKENS)),
    Field::required("modelId", Shape::Text { least: 1, most: MAX_MODEL_ID }),
]);

/// C1.
pub(super) static MODEL_DEFINITION: Shape = Shape::Object(&[
    Field::required("name", Shape::Text { least: 3, most: UNLIMITED }),
    Field::required("provider", Shape::OneOf(&["openai", "azure", "anthropic", "bedrock"])),
    Field::required("modelId", SOME_TEXT),
    Field::required(
        "credentials",
        Shape::Object(&[
            Field::required("apiKey", Shape::Text { least: 10, most: UNLIMITED }),
            Field::optional("endpoint", Shape::Url),
        ]),
    ),
    Field::required(
        "configuration",
        Shape::Object(&[
            Field::required("temperature", Shape::Number(0.0, 2.0)),
            Field::required("maxTokens", Shape::Integer(1, ENDLESS)),
            Field::optional("topP", Shape::Number(0.0, 1.0)),
        ]),
    ),
    Field::required("promptTemplate", Shape::Containing(&["{input}", "{context}"])),
    Field::required(
        "responseSchema",
        Shape::Open(&[
            Field::required("type", Shape::OneOf(&["object"])),
            Field::required("properties", Shape::Open(&[])),
        ]),
    ),
]);

/// D1.
pub(super) static MODEL_CONFIGURATION: Shape = Shape::Object(&[
    Field::required("model_id", Shape::Uuid),
    Field::required(
        "temperature_matrix",
        Shape::Object(&[
            Field::required("default", Shape::Number(0.0, 1.0)),
            Field::required("creative", Shape::Number(0.0, 1.5)),
            Field::required("precise", Shape::Number(0.0, 0.5)),
        ]),
    ),
    Field::required(
        "safety_filters",
        Shape::List {
            item: &Shape::Object(&[
                Field::required("filter_type", Shape::OneOf(&["profanity", "pii", "self_harm", "political"])),
                Field::required("action", Shape::OneOf(&["block", "redact", "flag"])),
                Field::required("threshold", Shape::Number(0.0, 100.0)),
            ]),
            least: 1,
            most: UNLIMITED,
        },
    ),
    Field::required("max_tokens", Shape::Integer(1, 8192)),
    Field::optional("compliance_mode", Shape::OneOf(&["strict", "standard", "permissive"])),
]);
