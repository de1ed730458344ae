//! What a call is for: a conversation, or the execution of a template.

use promptgate_guard::Tags;

use crate::chat::document::Document;
use crate::chat::event::Usage;
use crate::chat::{ChatRequest, Kind, Trim, Trimmed, nothing_to_leave_out};
use crate::guard::Findings;
use crate::http::{Header, HttpRequest};
use crate::problem::{Code, Problem};
use crate::upstream::{Payload, Wire};

/// How long an answer is taken for that its client does not limit, in tokens (ours).
const MAX_ANSWER: u64 = 1_024;

/// What is sent, and what the answer and the audit row name of it.
#[derive(Debug, Clone)]
pub enum Job {
    /// `POST /v1/chat` and `POST /openai/v1/…`.
    Chat(Box<Trimmed>),
    /// `POST /v1/templates/{id}/execute`.
    Execute(Box<Execution>),
}

/// A template that is sent to a model with its values (requirements, E6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The template's id.
    pub template_id: String,
    /// The version that was checked, and that is named in the request.
    pub version: u64,
    /// The model.
    pub model_id: String,
    /// What is sent.
    pub payload: Payload,
    /// How many tokens the rendered prompt has; nothing of it is ever dropped.
    pub trim: Trim,
    /// What the guard has found in the values.
    pub findings: Findings,
    /// What the answer gets back.
    pub tags: Tags,
    /// Most tokens of the answer.
    pub max_tokens: u64,
    /// Whether the answer is guarded as any other (requirements, E1: `output_moderation`).
    pub moderated: bool,
}

impl Job {
    /// The conversation that is sent, where it is one.
    pub fn conversation(&self) -> Option<&ChatRequest> {
        match self {
            Job::Chat(trimmed) => Some(trimmed.request()),
            Job::Execute(_) => None,
        }
    }

    /// The model that is asked, by its public name.
    pub fn model_id(&self) -> &str {
        match self {
            Job::Chat(trimmed) => &trimmed.request().model,
            Job::Execute(execution) => &execution.model_id,
        }
    }

    /// What was left out to make it fit, where it is trimmed.
    pub fn trim(&self) -> Option<&Trim> {
        match self {
            Job::Chat(trimmed) => trimmed.trim.as_ref(),
            Job::Execute(execution) => Some(&execution.trim),
        }
    }

    /// How many tokens it may use at most, of the prompt and of the answer: a prompt that was not counted is estimated
    /// (a quarter token for each byte), and an answer that is not limited is taken for [`MAX_ANSWER`] long.
    pub fn need(&self) -> Usage {
        let counted = self.trim().map(|trim| trim.tokens_after);
        let (estimate, completion_tokens) = match self {
            Job::Chat(trimmed) => {
                let request = trimmed.request();
                let bytes = request.document.as_ref().map_or(0, Document::bytes) as u64;
                // Vectors have no answer of words.
                let most = if request.kind == Kind::Embeddings { Some(0) } else { request.max_tokens };
                (bytes / 4, most.unwrap_or(MAX_ANSWER))
            }
            Job::Execute(execution) => (0, execution.max_tokens),
        };
        Usage { prompt_tokens: counted.unwrap_or(estimate), completion_tokens }
    }

    /// What the guard has found in what is sent.
    pub fn findings(&self) -> &Findings {
        match self {
            Job::Chat(trimmed) => trimmed.findings(),
            Job::Execute(execution) => &execution.findings,
        }
    }

    /// The values that the answer gets back for their tags.
    pub fn tags(&self) -> &Tags {
        match self {
            Job::Chat(trimmed) => trimmed.tags(),
            Job::Execute(execution) => &execution.tags,
        }
    }

    /// Whether the answer is guarded by the whole policy; else keys and passwords alone are.
    pub(super) fn moderated(&self) -> bool {
        match self {
            Job::Chat(_) => true,
            Job::Execute(execution) => execution.moderated,
        }
    }

    /// `gen_ai.operation.name` of OpenTelemetry's conventions.
    pub fn operation(&self) -> &'static str {
        match self.conversation().map(|request| request.kind) {
            Some(Kind::Embeddings) => "embeddings",
            _ => "chat",
        }
    }

    /// How many instructions and turns are sent, where it is a conversation (B6).
    pub fn counts(&self) -> Option<(usize, usize)> {
        match self {
            Job::Chat(trimmed) => Some(trimmed.counts()),
            Job::Execute(_) => None,
        }
    }

    /// The template and its version, where it is one.
    pub fn template(&self) -> Option<(&str, u64)> {
        match self {
            Job::Chat(_) => None,
            Job::Execute(execution) => Some((&execution.template_id, execution.version)),
        }
    }

    /// Whether the first content can come before the last.
    pub(super) fn begins_early(&self, wire: &Wire) -> bool {
        self.conversation().is_none_or(|request| wire.begins_early(request))
    }

    /// What is sent to `model` over `wire`. `None` where the wire cannot do that: templates are executed by the
    /// upstream that keeps them.
    pub(super) fn request(
        &self,
        wire: &Wire,
        model: &str,
        credential: Option<Header>,
        key: &str,
    ) -> Option<HttpRequest> {
        match self {
            Job::Chat(trimmed) => Some(wire.request(trimmed.request(), model, credential, key)),
            Job::Execute(execution) => wire.execution(&execution.payload, credential, key),
        }
    }

    /// The same, trimmed harder, for an upstream that finds it too long (B7).
    ///
    /// # Errors
    /// [`Code::ContextTooLong`] where nothing can be left out.
    pub(super) fn tighter(&self) -> Result<Job, Problem> {
        match self {
            Job::Chat(trimmed) => Ok(Job::Chat(Box::new(trimmed.tighter()?))),
            Job::Execute(_) => Err(Problem::new(Code::ContextTooLong, nothing_to_leave_out("the rendered template"))),
        }
    }
}
