//! A chat request as the client sends it (requirements, B1).

use super::message::{Message, Role};
use crate::fault::{Fault, Faults, Path, nearest, printable};
use crate::json::{self, Json, Number};
use crate::label;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;

pub use promptgate_lint::limits::{
    MAX_CONTENT, MAX_INSTRUCTION, MAX_INSTRUCTIONS, MAX_MESSAGES, MAX_MODEL_ID, MAX_TOKENS,
};

const FIELDS: [&str; 5] = ["systemInstructions", "context", "temperature", "maxTokens", "modelId"];
const MESSAGE_FIELDS: [&str; 2] = ["role", "content"];

/// What is said of a name of a model in which the guard finds something.
pub(crate) const NOT_A_NAME: &str =
    "This reads like a key, a password or personal data, and names of models stand in logs: send the model's name.";

/// A request that has the right shape. Made only by [`Request::parse`]; nobody has looked yet at what its
/// text says.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub(super) system_instructions: Vec<Sensitive>,
    pub(super) context: Vec<Message>,
    pub(super) temperature: Number,
    pub(super) max_tokens: u64,
    pub(super) model_id: String,
}

impl Request {
    /// Reads a request from the JSON text `body`.
    ///
    /// # Errors
    /// [`Code::InvalidJson`] where the text is not strict JSON ([`json::parse`]), [`Code::InvalidRequest`]
    /// where its shape is wrong: every fault at once, each with its path.
    pub fn parse(body: &[u8]) -> Result<Request, Problem> {
        let document = json::parse(body).map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
        let mut check = Check { faults: Faults::default() };
        let request = check.request(document);
        match request {
            Some(request) if check.faults.is_empty() => Ok(request),
            _ => Err(Problem::with_errors(Code::InvalidRequest, check.faults)),
        }
    }

    /// The texts that tell the model how to behave.
    pub fn system_instructions(&self) -> impl Iterator<Item = &Sensitive> {
        self.system_instructions.iter()
    }
    /// The sampling temperature, as the client wrote it, 0–2.
    pub fn temperature(&self) -> &Number {
        &self.temperature
    }
    /// Largest answer, in tokens, 1–4096.
    pub fn max_tokens(&self) -> u64 {
        self.max_tokens
    }
    /// The name of the model that is asked for.
    pub fn model_id(&self) -> &str {
        &self.model_id
    }
}

/// Walks the document and collects what is wrong with it.
struct Check {
    faults: Faults,
}

impl Check {
    fn fault(&mut self, path: &Path, code: &'static str, message: String) {
        self.faults.add(|| Fault::new(path, code, message));
    }

    fn request(&mut self, document: Json) -> Option<Request> {
        let root = Path::root();
        let Json::Object(members) = document else {
            self.fault(&root, "wrong_type", format!("Send a JSON object, not {}.", document.kind()));
            return None;
        };
        let [instructions, context, temperature, max_tokens, model_id] = self.fields(&root, members, &FIELDS);
        let system_instructions = instructions.and_then(|(path, value)| self.instructions(&path, value));
        let context = context.and_then(|(path, value)| self.context(&path, value));
        let temperature = temperature.and_then(|(path, value)| self.temperature(&path, value));
        let max_tokens = max_tokens.and_then(|(path, value)| self.max_tokens(&path, value));
        let model_id = model_id.and_then(|(path, value)| self.model_id(&path, value));
        Some(Request {
            system_instructions: system_instructions?,
            context: context?,
            temperature: temperature?,
            max_tokens: max_tokens?,
            model_id: model_id?,
        })
    }

    /// The members called `known`, in that order; missing and unknown ones are faults.
    fn fields<const N: usize>(
        &mut self,
        path: &Path,
        members: Vec<(String, Json)>,
        known: &[&'static str; N],
    ) -> [Option<(Path, Json)>; N] {
        let mut found = [const { None }; N];
        for (name, value) in members {
            let slot = known.iter().position(|field| *field == name).and_then(|index| found.get_mut(index));
            if let Some(slot) = slot {
                *slot = Some((path.name(&name), value));
                continue;
            }
            self.faults.add(|| {
                let message = match nearest(&name, known) {
                    Some(meant) => format!("There is no field `{}`: did you mean `{meant}`?", printable(&name)),
                    None => format!("There is no field `{}`: remove it. Known: {}.", printable(&name), list(known)),
                };
                Fault::new(&path.name(&name), "unknown_field", message)
            });
        }
        for (name, slot) in known.iter().zip(&found) {
            if slot.is_none() {
                self.fault(&path.name(name), "missing_field", format!("`{name}` is required: add it."));
            }
        }
        found
    }

    fn instructions(&mut self, path: &Path, value: Json) -> Option<Vec<Sensitive>> {
        let items = self.array(path, value, MAX_INSTRUCTIONS, "system instructions")?;
        let mut instructions = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            instructions.extend(self.text(&path.index(index), item, MAX_INSTRUCTION).map(Sensitive::new));
        }
        Some(instructions)
    }

    fn context(&mut self, path: &Path, value: Json) -> Option<Vec<Message>> {
        let items = self.array(path, value, MAX_MESSAGES, "messages")?;
        let mut messages = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            messages.extend(self.message(&path.index(index), item));
        }
        Some(messages)
    }

    fn message(&mut self, path: &Path, value: Json) -> Option<Message> {
        let Json::Object(members) = value else {
            let message = format!("A message is an object {{\"role\", \"content\"}}, not {}.", value.kind());
            self.fault(path, "wrong_type", message);
            return None;
        };
        let [role, content] = self.fields(path, members, &MESSAGE_FIELDS);
        let role = role.and_then(|(path, value)| self.role(&path, value));
        let content = content.and_then(|(path, value)| self.text(&path, value, MAX_CONTENT));
        Some(Message { role: role?, content: Sensitive::new(content?) })
    }

    fn role(&mut self, path: &Path, value: Json) -> Option<Role> {
        const ROLES: [&str; 3] = ["user", "agent", "system"];
        let Json::String(role) = value else {
            self.fault(
                path,
                "wrong_type",
                format!("`role` is a string, one of {}, not {}.", list(&ROLES), value.kind()),
            );
            return None;
        };
        match role.as_str() {
            "user" => Some(Role::User),
            "agent" => Some(Role::Assistant),
            "system" => Some(Role::System),
            "assistant" => {
                self.fault(path, "unknown_value", "This role is called `agent` here, not `assistant`.".to_owned());
                None
            }
            _ => {
                self.fault(path, "unknown_value", format!("`role` must be one of {}.", list(&ROLES)));
                None
            }
        }
    }

    fn temperature(&mut self, path: &Path, value: Json) -> Option<Number> {
        let Json::Number(number) = value else {
            self.fault(path, "wrong_type", format!("`temperature` is a number from 0 to 2, not {}.", value.kind()));
            return None;
        };
        let inside = number.as_f64().is_some_and(|value| (0.0..=2.0).contains(&value));
        if !inside {
            self.fault(path, "out_of_range", "`temperature` must be from 0 to 2.".to_owned());
        }
        inside.then_some(number)
    }

    fn max_tokens(&mut self, path: &Path, value: Json) -> Option<u64> {
        let Json::Number(number) = value else {
            let message = format!("`maxTokens` is an integer from 1 to {MAX_TOKENS}, not {}.", value.kind());
            self.fault(path, "wrong_type", message);
            return None;
        };
        // 100.0 is an integer in JSON (and in the document's JavaScript), 100.5 is not.
        let whole = number.as_f64().filter(|value| value.fract() == 0.0);
        match whole {
            None => self.fault(path, "not_an_integer", "`maxTokens` must be an integer: round it.".to_owned()),
            Some(value) if (1.0..=MAX_TOKENS as f64).contains(&value) => return Some(value as u64),
            Some(_) => self.fault(path, "out_of_range", format!("`maxTokens` must be from 1 to {MAX_TOKENS}.")),
        }
        None
    }

    fn model_id(&mut self, path: &Path, value: Json) -> Option<String> {
        let model_id = self.text(path, value, MAX_MODEL_ID)?;
        if model_id.trim().is_empty() {
            self.fault(path, "empty", "`modelId` is empty: name the model to ask.".to_owned());
        } else if model_id.chars().any(char::is_control) {
            self.fault(path, "control_character", "`modelId` holds a control character: remove it.".to_owned());
        } else if !label::is_clean(&model_id) {
            self.fault(path, "not_a_name", NOT_A_NAME.to_owned());
        }
        Some(model_id)
    }

    fn array(&mut self, path: &Path, value: Json, most: usize, what: &str) -> Option<Vec<Json>> {
        let Json::Array(mut items) = value else {
            self.fault(path, "wrong_type", format!("Send an array of {what} here, not {}.", value.kind()));
            return None;
        };
        if items.len() > most {
            let message = format!("{} {what} are too many: send at most {most}.", items.len());
            self.fault(path, "too_many", message);
            items.truncate(most);
        }
        Some(items)
    }

    fn text(&mut self, path: &Path, value: Json, most: usize) -> Option<String> {
        let Json::String(text) = value else {
            self.fault(path, "wrong_type", format!("Send a string here, not {}.", value.kind()));
            return None;
        };
        // Never more UTF-16 units than UTF-8 bytes.
        let units = if text.len() <= most { text.len() } else { text.encode_utf16().count() };
        if units > most {
            let message = format!("{units} UTF-16 code units are too long: shorten this to at most {most}.");
            self.fault(path, "too_long", message);
        }
        Some(text)
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::MAX_FAULTS;
    use serde_json::{Value, json};

    fn valid() -> Value {
        json!({
            "systemInstructions": ["Be brief."],
            "context": [{"role": "user", "content": "Hello"}],
            "temperature": 0.7, "maxTokens": 256, "modelId": "m",
        })
    }

    fn faults(document: &Value) -> Vec<(String, &'static str)> {
        match Request::parse(document.to_string().as_bytes()) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors.into_iter().map(|fault| (fault.path, fault.code)).collect(),
        }
    }

    #[test]
    fn limits_hold_at_their_edges() {
        let message = |content: String| json!({"role": "user", "content": content});
        for (field, good, bad, code) in [
            ("systemInstructions", json!([]), json!("x"), "wrong_type"),
            ("systemInstructions", json!(vec!["x".repeat(500); 5]), json!(vec!["x"; 6]), "too_many"),
            ("context", json!([]), json!({}), "wrong_type"),
            ("context", json!(vec![message("x".repeat(4000)); 25]), json!(vec![message("x".into()); 26]), "too_many"),
            ("temperature", json!(0), json!(-0.0001), "out_of_range"),
            ("temperature", json!(2), json!(2.0001), "out_of_range"),
            ("temperature", json!(2.0), json!("1"), "wrong_type"),
            ("maxTokens", json!(1), json!(0), "out_of_range"),
            ("maxTokens", json!(4096), json!(4097), "out_of_range"),
            ("maxTokens", json!(4096.0), json!(10.5), "not_an_integer"),
            ("maxTokens", json!(10), json!(1e300), "out_of_range"),
            ("maxTokens", json!(10), json!(null), "wrong_type"),
            ("modelId", json!("x".repeat(256)), json!(""), "empty"),
            ("modelId", json!(" m"), json!("  "), "empty"),
            ("modelId", json!("gpt-4.1"), json!("a\r\nb"), "control_character"),
            ("modelId", json!("é"), json!("x".repeat(257)), "too_long"),
            ("modelId", json!("claude-3-5-sonnet-20241022"), json!("AKIAQX3KZ7PLM2WVB6TN"), "not_a_name"),
        ] {
            let mut document = valid();
            document[field] = good;
            assert_eq!(faults(&document), [], "{field}");
            document[field] = bad;
            assert_eq!(faults(&document), [(format!("$.{field}"), code)], "{field}");
        }
    }

    #[test]
    fn lengths_count_utf16_units() {
        let mut document = valid();
        document["context"][0]["content"] = json!("😀".repeat(2000));
        assert_eq!(faults(&document), []);
        document["context"][0]["content"] = json!("😀".repeat(2001));
        assert_eq!(faults(&document), [("$.context[0].content".into(), "too_long")]);
        document["context"][0]["content"] = json!("é".repeat(4000));
        assert_eq!(faults(&document), []);
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let document = json!({
            "systemInstructions": [1, "x".repeat(501)],
            "context": [{"role": "assistant", "content": null}, "hi", {"content": "x", "name": "y"}],
            "temprature": 1, "maxTokens": 2.5,
        });
        assert_eq!(
            faults(&document),
            [
                ("$.temprature".into(), "unknown_field"),
                ("$.temperature".into(), "missing_field"),
                ("$.modelId".into(), "missing_field"),
                ("$.systemInstructions[0]".into(), "wrong_type"),
                ("$.systemInstructions[1]".into(), "too_long"),
                ("$.context[0].role".into(), "unknown_value"),
                ("$.context[0].content".into(), "wrong_type"),
                ("$.context[1]".into(), "wrong_type"),
                ("$.context[2].name".into(), "unknown_field"),
                ("$.context[2].role".into(), "missing_field"),
                ("$.maxTokens".into(), "not_an_integer"),
            ]
        );
    }

    #[test]
    fn unknown_fields_name_the_nearest() {
        let mut document = valid();
        document["max_tokens"] = json!(1);
        let problem = Request::parse(document.to_string().as_bytes()).unwrap_err();
        assert!(problem.detail.contains("did you mean `maxTokens`?"), "{}", problem.detail);
    }

    #[test]
    fn hostile_bodies() {
        for (body, code) in [
            ("[]", Code::InvalidRequest),
            ("null", Code::InvalidRequest),
            ("\"canary\"", Code::InvalidRequest),
            ("{\"modelId\":\"canary\",\"modelId\":\"b\"}", Code::InvalidJson),
            ("{\"canary", Code::InvalidJson),
        ] {
            let problem = Request::parse(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code, code, "{body}");
            assert!(!problem.document("r").to_string().contains("canary"), "{body}");
        }
        let many: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("f{n}"), json!(1))).collect();
        assert_eq!(faults(&Value::Object(many)).len(), MAX_FAULTS);
    }
}
