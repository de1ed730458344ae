//! An active model as its object gives it: all that an invocation needs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::Definition;
use super::invocation::{Invocation, InvocationIdentity};
use super::question::Question;
use crate::budget::Amounts;
use crate::chat::event::Usage;
use crate::governance::Rates;
use crate::problem::{Code, Problem};
use crate::upstream::genesys::ModelId;

/// A model that can be invoked.
#[derive(Debug, Clone, PartialEq)]
pub struct Active {
    upstream_id: ModelId,
    definition: Definition,
}

impl Active {
    pub(super) fn new(upstream_id: ModelId, definition: Definition) -> Active {
        Active { upstream_id, definition }
    }

    /// As the object gives it. It holds the prompt template, and no key.
    pub(super) fn document(&self) -> Value {
        serde_json::json!(ActiveModel { upstream_id: self.upstream_id.clone(), definition: self.definition.document() })
    }

    /// Reads the object's answer.
    ///
    /// # Errors
    /// [`Code::Internal`] where it is something else.
    pub fn parse(text: &str) -> Result<Active, Problem> {
        let stored: Option<ActiveModel> = serde_json::from_str(text).ok();
        stored
            .and_then(|stored| Some(Active::new(stored.upstream_id, Definition::restore(&stored.definition)?)))
            .ok_or_else(|| Problem::new(Code::Internal, "The model's object tells something else than a model."))
    }

    /// Will ask it.
    pub fn invocation(self, question: Question, identity: InvocationIdentity) -> Invocation {
        Invocation::new(question, self.upstream_id, self.definition, identity)
    }

    /// Upstream's id of the model.
    pub fn upstream_id(&self) -> &ModelId {
        &self.upstream_id
    }

    /// The most that asking it may use: a quarter token for each byte of the prompt, and the longest answer.
    pub fn need(&self, question: &Question, rates: &Rates) -> Amounts {
        let definition = &self.definition;
        let bytes = question.input.expose().len() + definition.prompt_template.expose().len();
        let usage = Usage { prompt_tokens: bytes as u64 / 4, completion_tokens: definition.max_tokens };
        let cost = rates.cost(definition.provider.name(), &definition.model_id, usage).billionths();
        Amounts::request(usage.prompt_tokens.saturating_add(usage.completion_tokens), cost)
    }

    /// The provider's name for the model.
    pub fn provider_model(&self) -> &str {
        &self.definition.model_id
    }
}

/// No `Debug`: it holds the prompt template.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActiveModel {
    upstream_id: ModelId,
    definition: Value,
}
