//! A model definition as the client sends it (requirements, C1): the part that may be shown and the credentials,
//! apart from the first moment on.

use hmac::{Hmac, KeyInit, Mac};
use promptgate_lint::shapes::{MODEL_DEFINITION, STORED_DEFINITION};
use serde_json::{Value, json};
use sha2::Sha256;

use super::ResponseSchema;
use crate::canonical::{canonical, hash};
use crate::fault::{Fault, Faults, Path};
use crate::guard::plain_sight;
use crate::json::{self, Number};
use crate::lint::{self, Config, Finding, Kind, Linter, Source};
use crate::problem::{Code, Problem};
use crate::schema::{self, Document, document};
use crate::sensitive::{Bytes, Sensitive};
use crate::upstream::Provider;

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
    /// a secret is beside the credentials; [`Code::TemplateRefused`] where the linter finds an error in a text, as it
    /// does in CI.
    pub fn parse(body: &[u8]) -> Result<Submission, Problem> {
        let json = json::parse(body).map_err(|faults| Problem::with_errors(Code::InvalidJson, faults))?;
        let secrets = plain_sight(&Path::root(), &json, &["credentials"]);
        let refuse = |faults| Problem::with_errors(Code::InvalidRequest, faults);
        let mut document = document(json, &MODEL_DEFINITION).map_err(refuse)?;
        if !secrets.is_empty() {
            return Err(Problem::with_errors(Code::SafetyRefused, secrets));
        }
        // Its shape was compared above, and the provider's key is where it belongs, which in a file it is not.
        let linter = Linter::new(Config { inline_ignores: false, ..Config::default() });
        let mut found = Faults::default();
        let counts = |finding: &Finding| !finding.code.starts_with('D') && !finding.path.starts_with("$.credentials");
        let text = std::str::from_utf8(body).unwrap_or_default();
        let report = linter.lint(&Source { text, file: None, kind: Some(Kind::ModelDefinition) });
        lint::errors(&report, text, counts, &mut found);
        if !found.is_empty() {
            return Err(Problem::with_errors(Code::TemplateRefused, found));
        }
        let mut credentials = document.object("credentials").unwrap_or_default();
        let credentials = Credentials {
            api_key: Sensitive::new(credentials.text("apiKey").unwrap_or_default()),
            endpoint: credentials.text("endpoint").map(Sensitive::new),
        };
        let unread = || Problem::new(Code::Internal, "The definition fits its shape and could not be read.");
        let definition = definition(document).ok_or_else(unread)?;
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
        let json = json::parse(document.to_string().as_bytes()).ok()?;
        definition(schema::document(json, &STORED_DEFINITION).ok()?)
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

/// The definition in a document that fits its shape.
fn definition(mut document: Document) -> Option<Definition> {
    let provider = Provider::named(&document.text("provider")?)?;
    let mut configuration = document.object("configuration")?;
    Some(Definition {
        name: document.text("name")?,
        provider,
        model_id: document.text("modelId")?,
        temperature: configuration.number("temperature")?,
        max_tokens: configuration.integer("maxTokens")?,
        top_p: configuration.number("topP"),
        prompt_template: Sensitive::new(document.text("promptTemplate")?),
        response_schema: ResponseSchema::read(document.take("responseSchema")?).ok()?,
    })
}
