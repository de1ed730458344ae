//! What a call is for: a conversation, or the execution of a template.

use crate::chat::{Prepared, Trim};
use crate::genesys::Payload;
use crate::guard::Findings;
use crate::problem::{Code, Problem};

/// What is sent, and what the answer and the audit row tell of it.
#[derive(Debug, Clone)]
pub enum Job {
    /// `POST /v1/chat`.
    Chat(Box<Prepared>),
    /// `POST /v1/templates/{id}/execute`.
    Execute(Execution),
}

/// A template that is sent to a model with its values (requirements, E6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// The template's id.
    pub template_id: String,
    /// The version that was checked, and that upstream is told to take.
    pub version: u64,
    /// The model.
    pub model_id: String,
    /// What is sent.
    pub payload: Payload,
    /// How many tokens the rendered prompt has; nothing of it is ever dropped.
    pub trim: Trim,
    /// What the guard has found in the values.
    pub findings: Findings,
    /// Whether the answer is guarded as any other (requirements, E1: `output_moderation`).
    pub moderated: bool,
}

impl Job {
    /// What is sent.
    pub fn payload(&self) -> &Payload {
        match self {
            Job::Chat(prepared) => &prepared.payload,
            Job::Execute(execution) => &execution.payload,
        }
    }

    /// The model that is asked.
    pub fn model_id(&self) -> &str {
        match self {
            Job::Chat(prepared) => prepared.request().model_id(),
            Job::Execute(execution) => &execution.model_id,
        }
    }

    /// What was left out to make it fit.
    pub fn trim(&self) -> &Trim {
        match self {
            Job::Chat(prepared) => &prepared.trim,
            Job::Execute(execution) => &execution.trim,
        }
    }

    /// What the guard has found in what is sent.
    pub fn findings(&self) -> &Findings {
        match self {
            Job::Chat(prepared) => prepared.findings(),
            Job::Execute(execution) => &execution.findings,
        }
    }

    /// Whether the answer is guarded by the whole policy; else keys and passwords alone are.
    pub(super) fn moderated(&self) -> bool {
        match self {
            Job::Chat(_) => true,
            Job::Execute(execution) => execution.moderated,
        }
    }

    /// How many system instructions and messages are sent, where it is a conversation (B6).
    pub fn counts(&self) -> Option<(usize, usize)> {
        match self {
            Job::Chat(prepared) => Some(prepared.counts()),
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

    /// The same, trimmed harder, for an upstream that finds it too long (B7).
    ///
    /// # Errors
    /// [`Code::ContextTooLong`] where nothing can be left out.
    pub(super) fn tighter(&self) -> Result<Job, Problem> {
        match self {
            Job::Chat(prepared) => {
                let tighter = prepared.tighter()?;
                if tighter.payload == prepared.payload {
                    let detail = "The upstream says that the prompt is too long, and nothing of it can be left out: \
                                  shorten it.";
                    return Err(Problem::new(Code::ContextTooLong, detail));
                }
                Ok(Job::Chat(Box::new(tighter)))
            }
            Job::Execute(_) => {
                let detail = "The upstream says that the rendered template is too long for the model: shorten its \
                              values, or the template.";
                Err(Problem::new(Code::ContextTooLong, detail))
            }
        }
    }
}
