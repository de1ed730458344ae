//! A model definition as the client sends it (requirements, C1): the part that may be shown and the credentials,
//! apart from the first moment on.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::check::{Check, MAX_INTEGER, Member};
use super::schema::ResponseSchema;
use crate::canonical::{canonical, hash};
use crate::fault::{Fault, Path};
use crate::guard::plain_sight;
use crate::json::{self, Json, Number};
use crate::problem::{Code, Problem};
use crate::sensitive::{Bytes, Sensitive};

/// Longest name of a model, in UTF-16 code units (no source; ours).
pub const MAX_NAME: usize = 128;
/// Longest prompt template, in UTF-16 code units (no source; ours).
pub const MAX_TEMPLATE: usize = 65_536;
/// Longest API key, in UTF-16 code units (no source; ours).
const MAX_KEY: usize = 4_096;
/// Longest address of a provider, in UTF-16 code units (no source; ours).
const MAX_ENDPOINT: usize = 2_048;

/// Who runs the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// `openai`
    OpenAi,
    /// `azure`
    Azure,
    /// `anthropic`
    Anthropic,
    /// `bedrock`
    Bedrock,
}

impl Provider {
    /// Every provider, by the name it has in documents.
    pub const ALL: [(&'static str, Provider); 4] = [
        ("openai", Provider::OpenAi),
        ("azure", Provider::Azure),
        ("anthropic", Provider::Anthropic),
        ("bedrock", Provider::Bedrock),
    ];

    /// The name it has in documents.
    pub fn name(self) -> &'static str {
        Provider::ALL.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// A definition without its credentials: it may be stored, hashed and shown to its tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// 3 to [`MAX_NAME`] UTF-16 code units.
    pub name: String,
    /// Who runs the model.
    pub provider: Provider,
    /// The provider's name for the model.
    pub model_id: String,
    /// 0 to 2, as it was written.
    pub temperature: Number,
    /// Largest answer, in tokens.
    pub max_tokens: u64,
    /// 0 to 1.
    pub top_p: Option<Number>,
    /// Holds `{input}` or `{context}`.
    pub prompt_template: Sensitive,
    /// What the result must look like.
    pub response_schema: ResponseSchema,
}

/// What upstream needs to reach the provider. `Debug` shows neither; nothing here is ever serialised but for
/// upstream and for the storage that outlives a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The provider's key.
    pub api_key: Sensitive,
    /// Where the provider is, an `https` address; withheld too, since such addresses carry account names.
    pub endpoint: Option<Sensitive>,
}

/// A definition and its credentials: what a client submits.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// What may be shown.
    pub definition: Definition,
    /// What may not.
    pub credentials: Credentials,
    /// What is allowed and yet unwise.
    pub warnings: Vec<Fault>,
}

impl Submission {
    /// Reads a submission from the JSON text `body`.
    ///
    /// # Errors
    /// [`Code::InvalidJson`] or [`Code::InvalidRequest`], with every fault and its path; [`Code::SafetyRefused`] where
    /// a secret stands beside the credentials.
    pub fn parse(body: &[u8]) -> Result<Submission, Problem> {
        let document = json::parse(body).map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
        let secrets = plain_sight(&Path::root(), &document, &["credentials"]);
        let mut check = Check::default();
        let read = submission(&mut check, document);
        let (definition, credentials) = check.finish(read)?;
        if !secrets.is_empty() {
            return Err(Problem::with_errors(Code::SafetyRefused, secrets));
        }
        let warnings = definition.warnings();
        Ok(Submission { definition, credentials, warnings })
    }

    /// The model's id at this gateway: a UUID of version 8 (RFC 9562, 5.8) over HMAC-SHA256 of tenant and
    /// submission under `secret`, the gateway's OAuth secret. The same submission of the same tenant has the same
    /// id, and whoever sees the id cannot try out API keys against it.
    pub fn id(&self, tenant: &str, secret: &Sensitive) -> String {
        // HMAC takes keys of every length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return String::new() };
        mac.update(tenant.as_bytes());
        mac.update(b"\0POST /v1/models\0");
        mac.update(&self.body().0);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(byte, from)| *byte = from);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }

    /// The body for upstream: canonical, so that the same definition is the same bytes however it was written.
    pub fn body(&self) -> Bytes {
        body(&self.definition, &self.credentials)
    }
}

/// The body of the creating call.
pub(super) fn body(definition: &Definition, credentials: &Credentials) -> Bytes {
    let mut document = definition.document();
    let mut secrets = json!({ "apiKey": credentials.api_key.expose() });
    if let (Some(endpoint), Some(secrets)) = (&credentials.endpoint, secrets.as_object_mut()) {
        secrets.insert("endpoint".to_owned(), json!(endpoint.expose()));
    }
    if let Some(members) = document.as_object_mut() {
        members.insert("credentials".to_owned(), secrets);
    }
    Bytes(canonical(&document).into_bytes())
}

impl Definition {
    /// The definition as a document, credentials left out (C6).
    pub fn document(&self) -> Value {
        let mut configuration = json!({ "temperature": self.temperature, "maxTokens": self.max_tokens });
        if let (Some(top_p), Some(members)) = (&self.top_p, configuration.as_object_mut()) {
            members.insert("topP".to_owned(), json!(top_p));
        }
        json!({
            "name": self.name,
            "provider": self.provider.name(),
            "modelId": self.model_id,
            "configuration": configuration,
            "promptTemplate": self.prompt_template.expose(),
            "responseSchema": self.response_schema.document(),
        })
    }

    /// SHA-256 of the canonical document, in hexadecimal (C6).
    pub fn hash(&self) -> String {
        hash(&self.document())
    }

    /// Reads what [`Definition::document`] wrote; `None` if it is not that.
    pub(super) fn restore(document: &Value) -> Option<Definition> {
        let document = json::parse(document.to_string().as_bytes()).ok()?;
        let mut check = Check::default();
        let root = Path::root();
        let members = check.object(&root, document, "a model definition")?;
        let (fields, []) = check.fields(&root, members, &FIELDS, &[]);
        definition(&mut check, fields).filter(|_| check.faults.is_empty())
    }

    /// What is allowed and yet unwise (C1): temperature above 0.7 and more than 4000 tokens together.
    fn warnings(&self) -> Vec<Fault> {
        let hot = self.temperature.as_f64().is_some_and(|temperature| temperature > 0.7);
        if !(hot && self.max_tokens > 4_000) {
            return Vec::new();
        }
        let message = "A temperature above 0.7 and more than 4000 tokens together make answers that differ from call \
                       to call: lower one of them.";
        vec![Fault::new(&Path::root().name("configuration"), "unpredictable", message)]
    }
}

const FIELDS: [&str; 6] = ["name", "provider", "modelId", "configuration", "promptTemplate", "responseSchema"];

fn submission(check: &mut Check, document: Json) -> Option<(Definition, Credentials)> {
    const ALL: [&str; 7] =
        ["name", "provider", "modelId", "configuration", "promptTemplate", "responseSchema", "credentials"];
    let root = Path::root();
    let members = check.object(&root, document, "a model definition")?;
    let ([name, provider, model_id, configuration, template, schema, secrets], []) =
        check.fields(&root, members, &ALL, &[]);
    let definition = definition(check, [name, provider, model_id, configuration, template, schema]);
    let credentials = secrets.and_then(|(path, value)| credentials(check, &path, value));
    Some((definition?, credentials?))
}

fn definition(check: &mut Check, fields: [Member; 6]) -> Option<Definition> {
    let [name, provider, model_id, configuration, template, schema] = fields;
    let name = name.and_then(|(path, value)| check.name(&path, value, 3, MAX_NAME));
    let provider = provider.and_then(|(path, value)| check.choice(&path, value, &Provider::ALL));
    let model_id = model_id.and_then(|(path, value)| check.name(&path, value, 1, crate::chat::MAX_MODEL_ID));
    let configuration = configuration.and_then(|(path, value)| sampling(check, &path, value));
    let template = template.and_then(|(path, value)| prompt_template(check, &path, value));
    let schema = schema.and_then(|(path, value)| ResponseSchema::read(check, &path, value));
    let (temperature, max_tokens, top_p) = configuration?;
    Some(Definition {
        name: name?,
        provider: provider?,
        model_id: model_id?,
        temperature,
        max_tokens,
        top_p,
        prompt_template: Sensitive::new(template?),
        response_schema: schema?,
    })
}

fn sampling(check: &mut Check, path: &Path, value: Json) -> Option<(Number, u64, Option<Number>)> {
    let members = check.object(path, value, "{\"temperature\", \"maxTokens\"}")?;
    let ([temperature, max_tokens], [top_p]) = check.fields(path, members, &["temperature", "maxTokens"], &["topP"]);
    let temperature = temperature.and_then(|(path, value)| check.number(&path, value, 0.0, 2.0));
    let max_tokens = max_tokens.and_then(|(path, value)| check.integer(&path, value, 1, MAX_INTEGER));
    let top_p = top_p.and_then(|(path, value)| check.number(&path, value, 0.0, 1.0));
    Some((temperature?, max_tokens?, top_p))
}

fn prompt_template(check: &mut Check, path: &Path, value: Json) -> Option<String> {
    let text = check.text(path, value, 1, MAX_TEMPLATE)?;
    if !text.contains("{input}") && !text.contains("{context}") {
        check.fault(path, "no_placeholder", "The template has a place for neither `{input}` nor `{context}`: add one.");
    }
    Some(text)
}

fn credentials(check: &mut Check, path: &Path, value: Json) -> Option<Credentials> {
    let members = check.object(path, value, "{\"apiKey\"}")?;
    let ([api_key], [endpoint]) = check.fields(path, members, &["apiKey"], &["endpoint"]);
    let api_key = api_key.and_then(|(path, value)| check.name(&path, value, 10, MAX_KEY));
    let endpoint = endpoint.and_then(|(path, value)| {
        let url = check.name(&path, value, 1, MAX_ENDPOINT)?;
        if !is_https(&url) {
            let message = "This must be an https:// address without a user's name: the key is sent there.";
            check.fault(&path, "bad_url", message);
        }
        Some(Sensitive::new(url))
    });
    Some(Credentials { api_key: Sensitive::new(api_key?), endpoint })
}

/// An absolute `https` address of visible ASCII with a host, without user information, fragment or what RFC 3986
/// leaves out.
fn is_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let plain = url.chars().all(|c| c.is_ascii_graphic() && !"#\"<>\\^`{|}".contains(c));
    plain && !authority.is_empty() && !authority.starts_with(':') && !authority.contains('@')
}
