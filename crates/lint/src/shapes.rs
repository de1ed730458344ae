//! The shapes of the gateway's documents (requirements, A1, B1, C1, D1, E1; contract, sections 9 to 13): what the linter
//! compares with, what the gateway decodes, and what the OpenAPI document shows.

use crate::limits::{MAX_CONTENT, MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_MESSAGES, MAX_MODEL_ID, MAX_TOKENS};
use crate::schema::{ENDLESS, Field, List, Rule, Shape, Text};

/// Longest name of a model's definition, in UTF-16 code units (no source; ours).
pub const MAX_NAME: usize = 128;
/// Longest prompt template of a model, in UTF-16 code units (no source; ours).
pub const MAX_TEMPLATE: usize = 65_536;
/// Longest API key, in UTF-16 code units (no source; ours).
const MAX_KEY: usize = 4_096;
/// Longest address of a provider, in UTF-16 code units (no source; ours).
const MAX_ENDPOINT: usize = 2_048;
/// Largest answer that can be configured, in tokens (D1).
pub const MAX_CONFIGURED_TOKENS: u64 = 8_192;
/// Most safety filters (no source; ours): each type with each action.
pub const MAX_FILTERS: usize = 12;

const UNLIMITED: usize = ENDLESS as usize;
const ANY_TEXT: Shape = Shape::Text(Text::new(0, UNLIMITED));
const SOME_TEXT: Shape = Shape::Text(Text::new(1, UNLIMITED));
const UUID: Shape = Shape::Text(Text::of(Rule::Uuid));
const VARIABLE: Shape = Shape::Text(Text::of(Rule::Variable));

/// The name of a model: it is in audit rows, webhooks and metrics.
pub const MODEL_ID: Shape = Shape::Text(Text::new(1, MAX_MODEL_ID).rule(Rule::Label));
/// The largest answer of a chat.
pub const ANSWER_TOKENS: Shape = Shape::Integer(1, MAX_TOKENS);

/// What documents in a repository may say to the linter and to editors; the gateway leaves it out.
const LINT: Field = Field::optional("$lint", Shape::Any).about("For the linter.");
const SCHEMA: Field = Field::optional("$schema", Shape::Any).about("For editors.");

/// E1. `id`, `version` and `date_modified` are upstream's, in what was read from there. Lengths count code points, as
/// the document's pydantic does.
pub static PROMPT_TEMPLATE: Shape = Shape::Object(&[
    Field::required("name", Shape::Text(Text::new(3, 128).points().rule(Rule::Name))),
    Field::optional("description", ANY_TEXT),
    Field::required("system_instruction", SOME_TEXT),
    Field::required("user_template", SOME_TEXT),
    Field::optional(
        "variables",
        Shape::List(List {
            item: &Shape::Either(
                &VARIABLE,
                &Shape::Object(&[
                    Field::required("name", VARIABLE),
                    Field::optional("max_length", Shape::Integer(1, ENDLESS))
                        .about("The longest value, in UTF-16 code units."),
                    Field::optional("trusted", Shape::Bool).about("Whether the organisation writes the value itself."),
                ]),
            ),
            least: 0,
            most: UNLIMITED,
            unique: Some(&["name"]),
        }),
    ),
    Field::optional("max_tokens", Shape::Integer(256, 128_000)).default("4096"),
    Field::optional(
        "safety_guardrails",
        Shape::Object(&[
            Field::optional("pii_filter", Shape::Bool).default("true"),
            Field::optional("jailbreak_detection", Shape::Bool).default("true"),
            Field::optional("output_moderation", Shape::Bool).default("true"),
        ]),
    ),
    Field::optional("target_version", Shape::Integer(1, ENDLESS))
        .about("The version that a library believes in, for its synchronisation."),
    Field::optional("id", UUID).about("Upstream's, in what was read; left out."),
    Field::optional("version", Shape::Integer(1, ENDLESS)).about("Upstream's, in what was read; left out."),
    Field::optional("date_modified", SOME_TEXT).about("Upstream's, in what was read; left out."),
    LINT,
    SCHEMA,
]);

/// A1; `id`, `name` and `metadata` are filled in where they are not given. A `ttl` above a day is cut to one.
pub static CACHED_TEMPLATE: Shape = Shape::Object(&[
    Field::optional("id", UUID),
    Field::optional("name", Shape::Text(Text::new(1, UNLIMITED).rule(Rule::Name))),
    Field::optional("description", ANY_TEXT),
    Field::required("content", SOME_TEXT),
    Field::optional(
        "variables",
        Shape::Either(
            &Shape::List(List {
                item: &Shape::Object(&[
                    Field::required("name", VARIABLE),
                    Field::optional("value", ANY_TEXT),
                    Field::optional("required", Shape::Bool).default("true"),
                    Field::optional("type", SOME_TEXT).default("\"string\""),
                ]),
                least: 0,
                most: UNLIMITED,
                unique: Some(&["name"]),
            }),
            &Shape::Map(&ANY_TEXT),
        ),
    )
    .about("Each with its value; or an object of values by name."),
    Field::optional(
        "cacheSettings",
        Shape::Object(&[
            Field::optional("enabled", Shape::Bool).default("true"),
            Field::optional("ttl", Shape::Integer(60, ENDLESS))
                .about("Seconds; 86400 at most are kept.")
                .default("3600"),
            Field::optional("invalidationStrategy", SOME_TEXT),
        ]),
    ),
    Field::optional("metadata", Shape::Open(&[])),
    LINT,
    SCHEMA,
]);

/// B1.
pub static CHAT_REQUEST: Shape = Shape::Object(&[
    Field::required(
        "systemInstructions",
        Shape::list(&Shape::Text(Text::new(0, MAX_INSTRUCTION)), 0, MAX_INSTRUCTIONS),
    ),
    Field::required(
        "context",
        Shape::list(
            &Shape::Object(&[
                Field::required("role", Shape::OneOf(&["user", "agent", "system"])),
                Field::required("content", Shape::Text(Text::new(0, MAX_CONTENT))),
            ]),
            0,
            MAX_MESSAGES,
        ),
    ),
    Field::required("temperature", Shape::Number(0.0, 2.0)),
    Field::required("maxTokens", ANSWER_TOKENS).about("The largest answer, in tokens."),
    Field::required("modelId", MODEL_ID).about("The model to ask."),
]);

/// The members of a definition that may be stored and shown: all but its credentials.
const DEFINITION: [Field; 6] = [
    Field::required("name", Shape::Text(Text::new(3, MAX_NAME).rule(Rule::Name))),
    Field::required("provider", Shape::OneOf(&["openai", "azure", "anthropic", "bedrock"])),
    Field::required("modelId", MODEL_ID).about("The provider's name for the model."),
    Field::required(
        "configuration",
        Shape::Object(&[
            Field::required("temperature", Shape::Number(0.0, 2.0)),
            Field::required("maxTokens", Shape::Integer(1, ENDLESS)),
            Field::optional("topP", Shape::Number(0.0, 1.0)),
        ]),
    ),
    Field::required(
        "promptTemplate",
        Shape::Text(Text::new(1, MAX_TEMPLATE).rule(Rule::Containing(&["{input}", "{context}"]))),
    ),
    Field::required("responseSchema", Shape::JsonSchema),
];

/// C1, without its credentials.
pub static STORED_DEFINITION: Shape = Shape::Object(&DEFINITION);

/// C1.
pub static MODEL_DEFINITION: Shape = {
    const ALL: [Field; 7] = {
        let [name, provider, model_id, configuration, template, schema] = DEFINITION;
        let credentials = Field::required(
            "credentials",
            Shape::Object(&[
                Field::required("apiKey", Shape::Text(Text::new(10, MAX_KEY).rule(Rule::Name))),
                Field::optional("endpoint", Shape::Text(Text::new(1, MAX_ENDPOINT).rule(Rule::Https))),
            ]),
        );
        [name, provider, model_id, credentials, configuration, template, schema]
    };
    Shape::Object(&ALL)
};

/// D1.
pub static MODEL_CONFIGURATION: Shape = Shape::Object(&[
    Field::required("model_id", UUID).about("The id that the model was given here."),
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
        Shape::List(List {
            item: &Shape::Object(&[
                Field::required("filter_type", Shape::OneOf(&["profanity", "pii", "self_harm", "political"])),
                Field::required("action", Shape::OneOf(&["block", "redact", "flag"])),
                Field::required("threshold", Shape::Number(0.0, 100.0)),
            ]),
            least: 1,
            most: MAX_FILTERS,
            unique: Some(&["filter_type", "action"]),
        }),
    ),
    Field::required("max_tokens", Shape::Integer(1, MAX_CONFIGURED_TOKENS)),
    Field::optional("compliance_mode", Shape::OneOf(&["strict", "standard", "permissive"])).default("\"standard\""),
]);
