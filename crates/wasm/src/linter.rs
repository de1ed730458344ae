//! The linter.

use js_sys::Object;
use promptgate_core::chat::Counters;
use promptgate_core::lint::{
    self, Config, FixKind, Kind, Linter, Position, Positions, RULES, Report, Severity, Source, Unit, config,
};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::error::{error, with_faults};
use crate::{LINTER, input, output};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** How grave a finding is. */
export type Severity = "error" | "warning" | "info";

/** What a document is. */
export type Kind =
  | "prompt_template"
  | "cached_template"
  | "chat_request"
  | "model_definition"
  | "model_configuration"
  | "openai_chat"
  | "openai_responses"
  | "anthropic_messages"
  | "gemini_contents"
  | "chat_messages"
  | "langchain_prompt"
  | "promptfoo"
  | "semantic_kernel_prompt"
  | "prompty"
  | "dotprompt"
  | "json"
  | "yaml"
  | "text";

/** What a file is written in. */
export type Format =
  | "plain"
  | "markdown"
  | "jinja"
  | "nunjucks"
  | "liquid"
  | "handlebars"
  | "mustache"
  | "format"
  | "javascript"
  | "dotprompt"
  | "prompty"
  | "semantic_kernel"
  | "json"
  | "jsonc"
  | "yaml";

/** What is linted how; `promptgate/schema.json` describes it. */
export interface Config {
  /** Severity by rule. */
  rules?: Record<string, Severity | "off">;
  /** How placeholders are written; told from the text by default. */
  dialect?: "javascript" | "mustache" | "format" | "jinja" | "nunjucks" | "liquid" | "semantic_kernel";
  /** How the environment is set up that reads Jinja's templates. */
  jinja?: { line_statement_prefix?: string; line_comment_prefix?: string };
  /** What documents are; told from name and members by default. */
  kind?: Kind;
  /** Context window by model, in tokens. */
  models?: Record<string, number>;
  /** The model of documents that name none. */
  model?: string;
  /** How tokens are counted. */
  tokens?: "auto" | "estimate" | Vocabulary;
  /** What is no finding. */
  allow?: { functions?: string[]; variables?: string[]; values?: string[] };
}

/** What the linter may know beside the text. */
export interface LintOptions {
  /** What the file is called: its name says what it is written in. */
  file?: string;
  /** What the document is, where you know. */
  kind?: Kind;
  /** A configuration, or its JSON text. */
  config?: Config | string;
}

/** A place in a text. */
export interface Position {
  /** UTF-16 code units from the beginning, from 0: an index into the string. */
  offset: number;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
}

/** A stretch of the text, and what replaces it. */
export interface Edit {
  start: Position;
  end: Position;
  text: string;
}

/** What would fix a finding. */
export interface Fix {
  /** What it does, in a few words. */
  title: string;
  /** It changes nothing that was meant. Else a person should look at it. */
  safe: boolean;
  /** In the order of the text; they do not overlap. */
  edits: Edit[];
}

/** One finding. Its message never quotes a value. */
export interface Finding {
  /** The rule's stable code: `S007`. */
  code: string;
  /** The rule's name: `secret`. */
  name: string;
  severity: Severity;
  /** What is wrong and what to do. */
  message: string;
  /** Where, as a JSONPath; `$` in plain text. */
  path: string;
  start: Position;
  end: Position;
  /** The rule's identifier: `urn:promptgate:rule:S007`. */
  help: string;
  fix?: Fix;
}

/** How many findings there are, those included that are not listed. */
export interface Summary {
  errors: number;
  warnings: number;
  infos: number;
  /** With a safe fix. */
  fixable: number;
  /** Not listed, because there are too many. */
  omitted: number;
}

/** What was found in one document. */
export interface Report {
  /** What the document was taken for. */
  kind: Kind;
  /** What it is written in. */
  format: Format;
  /** Why it was taken for that. */
  reason: string;
  unit: "utf16";
  summary: Summary;
  /** By place; at the same place by code. */
  findings: Finding[];
}

/** A fixed document. */
export interface Fixed {
  text: string;
  /** Each fix that was applied, in order. */
  applied: { code: string; title: string }[];
  /** What is still found. */
  report: Report;
}

/** A rule. */
export interface Rule {
  code: string;
  name: string;
  severity: Severity;
  /** In one line. */
  summary: string;
  /** Which fixes it offers. */
  fix: "none" | "suggested" | "safe";
  /** Whether the gateway refuses what it finds. */
  harmful: boolean;
  /** Whether what it finds must not be repeated in logs. */
  secret: boolean;
}
"#;

/// The linter under the configuration it was last asked for, so that a hundred files make it once.
#[derive(Default)]
pub(crate) struct Current {
    /// As JSON text; none for the defaults.
    config: Option<String>,
    linter: Linter,
}

impl Current {
    pub(crate) fn counters(&mut self) -> std::cell::RefMut<'_, Counters> {
        self.linter.counters().borrow_mut()
    }

    fn under(&mut self, config: Option<String>) -> Result<&Linter, JsValue> {
        if config != self.config {
            let read = config.as_ref().map_or_else(|| Ok(Config::default()), |text| Config::parse(text.as_bytes()));
            let read =
                read.map_err(|faults| with_faults("invalid_config", "The configuration has faults.", &faults))?;
            let linter = Linter::new(read);
            // the vocabularies that were loaded stay
            linter.counters().swap(self.linter.counters());
            *self = Current { config, linter };
        }
        Ok(&self.linter)
    }
}

/// Lints a prompt, a template or a request.
#[wasm_bindgen(unchecked_return_type = "Report")]
pub fn lint(
    #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "LintOptions")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let text = input::text(text, "text")?;
    let options = Options::read(options)?;
    LINTER.with_borrow_mut(|current| {
        let linter = current.under(options.config.clone())?;
        output::parsed(&linter.lint(&options.source(&text)).json(Unit::Utf16))
    })
}

/// Lints, and applies the fixes: the safe ones, or all of them where `unsafe` is set. A fix after which the document
/// would be broken, or have a finding that it did not have, is not applied.
#[wasm_bindgen(unchecked_return_type = "Fixed")]
pub fn fix(
    #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "LintOptions & { unsafe?: boolean }")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let text = input::text(text, "text")?;
    let safe_only = !input::member(options, "unsafe").is_truthy();
    let options = Options::read(options)?;
    let fixed = LINTER.with_borrow_mut(|current| {
        Ok::<_, JsValue>(current.under(options.config.clone())?.fix(&options.source(&text), safe_only))
    })?;
    let applied: Vec<_> = fixed.applied.iter().map(|(code, title)| Applied { code, title }).collect();
    let result = Object::new();
    output::set(&result, "text", &fixed.text.into());
    output::set(&result, "applied", &output::json(&applied)?);
    output::set(&result, "report", &output::parsed(&fixed.report.json(Unit::Utf16))?);
    Ok(result.into())
}

#[derive(Serialize)]
struct Applied {
    code: &'static str,
    title: &'static str,
}

/// The edit that makes a document say that a rule is to be left alone in it, and why: a comment at the beginning of
/// plain text, a member of `$lint` in JSON. Linting what it makes of the text no longer finds what the rule found.
///
/// Throws `unknown_rule`, `no_reason` where the reason says nothing, and `no_place` where the document has none: the
/// gateway takes no ignores in chat requests and models, and there is none in JSON that is no object.
#[wasm_bindgen(unchecked_return_type = "Edit")]
pub fn ignore(
    #[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] code: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "string")] reason: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "LintOptions")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let text = input::text(text, "text")?;
    let (code, reason) = (input::text(code, "code")?, input::text(reason, "reason")?);
    let options = Options::read(options)?;
    LINTER.with_borrow_mut(|current| {
        let linter = current.under(options.config.clone())?;
        let edit = linter.ignore(&options.source(&text), &code, &reason);
        let edit = edit.map_err(|refused| error(refused.code(), refused.message()))?;
        let positions = Positions::new(&text, Unit::Utf16);
        let (start, end) = (positions.at(edit.span.start), positions.at(edit.span.end));
        output::json(&ShownEdit { start, end, text: &edit.text })
    })
}

#[derive(Serialize)]
struct ShownEdit<'a> {
    start: Position,
    end: Position,
    text: &'a str,
}

/// Every rule, by code.
#[wasm_bindgen(unchecked_return_type = "Rule[]")]
pub fn rules() -> Result<JsValue, JsValue> {
    let rules: Vec<_> = RULES
        .iter()
        .map(|rule| Shown {
            code: rule.code,
            name: rule.name,
            severity: rule.severity,
            summary: rule.summary,
            fix: match rule.fix {
                FixKind::None => "none",
                FixKind::Suggested => "suggested",
                FixKind::Safe => "safe",
            },
            harmful: rule.harmful,
            secret: rule.is_secret(),
        })
        .collect();
    output::json(&rules)
}

#[derive(Serialize)]
struct Shown {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    summary: &'static str,
    fix: &'static str,
    harmful: bool,
    secret: bool,
}

/// A rule's documentation, as markdown. Throws `unknown_rule` for a code that no rule has.
#[wasm_bindgen]
pub fn explain(#[wasm_bindgen(unchecked_param_type = "string")] code: &JsValue) -> Result<String, JsValue> {
    let code = input::text(code, "code")?;
    match lint::rule(&code.to_uppercase()) {
        Some(rule) => Ok(rule.documentation()),
        None => {
            let codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
            Err(error("unknown_rule", &format!("There is no such rule. There are {}.", codes.join(", "))))
        }
    }
}

/// Lints documents, and writes what is found as a SARIF 2.1.0 log for code scanning. `uri` is each one's address
/// relative to the repository's root.
#[wasm_bindgen(unchecked_return_type = "Record<string, unknown>")]
pub fn sarif(
    #[wasm_bindgen(unchecked_param_type = "(LintOptions & { uri: string; text: string })[]")] documents: &JsValue,
) -> Result<JsValue, JsValue> {
    if !js_sys::Array::is_array(documents) {
        return Err(error("invalid_argument", "`documents` must be an array."));
    }
    let mut linted: Vec<(String, Report)> = Vec::new();
    for document in documents.unchecked_ref::<js_sys::Array>().iter() {
        let uri = input::text(&input::member(&document, "uri"), "uri")?;
        let text = input::text(&input::member(&document, "text"), "text")?;
        let options = Options::read(&document)?;
        let report = LINTER.with_borrow_mut(|current| {
            Ok::<_, JsValue>(current.under(options.config.clone())?.lint(&options.source(&text)))
        })?;
        linted.push((uri, report));
    }
    let linted: Vec<_> = linted.iter().map(|(uri, report)| (uri.as_str(), report)).collect();
    output::json(&lint::sarif(&linted, env!("CARGO_PKG_VERSION"), |code| {
        let rule = lint::rule(code)?;
        // the heading of the rule in the page that `scripts/package` writes, as GitHub names it
        let heading = format!("{}-{}", rule.code.to_lowercase(), rule.name);
        Some(format!("{}/blob/main/npm/rules.md#{heading}", env!("CARGO_PKG_REPOSITORY")))
    }))
}

/// The JSON Schema of a configuration; the package's build writes it to a file.
#[wasm_bindgen(js_name = configSchema, skip_typescript)]
pub fn config_schema() -> Result<JsValue, JsValue> {
    output::json(&config::schema())
}

/// `LintOptions`.
struct Options {
    file: Option<String>,
    kind: Option<Kind>,
    config: Option<String>,
}

impl Options {
    fn read(options: &JsValue) -> Result<Options, JsValue> {
        if !options.is_undefined() && !options.is_object() {
            return Err(error("invalid_argument", "`options` must be an object."));
        }
        let kind = input::optional_text(options, "kind")?;
        let kind = match kind {
            None => None,
            Some(name) => match Kind::from_name(&name) {
                Some(kind) => Some(kind),
                None => {
                    let known = Kind::NAMES.join(", ");
                    return Err(error("invalid_argument", &format!("`kind` must be one of {known}.")));
                }
            },
        };
        let config = input::member(options, "config");
        let config = match config.as_string() {
            Some(text) => Some(text),
            None if config.is_undefined() => None,
            None => Some(input::json(&config, "config")?),
        };
        Ok(Options { file: input::optional_text(options, "file")?, kind, config })
    }

    fn source<'a>(&'a self, text: &'a str) -> Source<'a> {
        Source { text, file: self.file.as_deref(), kind: self.kind }
    }
}
