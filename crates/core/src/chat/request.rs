//! A request for an answer of a model, whatever wire it came by.

use promptgate_guard::Guard;
use promptgate_lint::Tree;
use promptgate_tokens::Counters;
use serde_json::Number;

use super::document::Document;
use super::message::{Message, Role, Text};
use super::trim::Trimmed;
use super::{ChatRules, Form};
use crate::fault::Path;
use crate::problem::Problem;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// An answer in a conversation.
    #[default]
    Chat,
    /// Vectors of texts.
    Embeddings,
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// What is asked for.
    pub kind: Kind,
    /// The model's public name.
    pub model: String,
    /// Every text but images, sounds and files, in the document's order.
    pub texts: Vec<Text>,
    /// Instructions, then turns, oldest first.
    pub messages: Vec<Message>,
    /// The sampling temperature, as the client wrote it.
    pub temperature: Option<Number>,
    /// Largest answer, in tokens.
    pub max_tokens: Option<u64>,
    /// How many tokens the conversation may take where no window of the model is known (requirements, B2).
    pub budget: Option<u64>,
    /// Whether the answer is wanted piece by piece.
    pub streamed: bool,
    /// The client's own document, where it came by OpenAI's wire.
    pub document: Option<Document>,
    /// The path of the first thing in the document that only its own wire can express.
    pub particular: Option<String>,
}

impl ChatRequest {
    /// How the model is to behave, before all turns.
    pub fn instructions(&self) -> impl Iterator<Item = String> {
        self.messages.iter().filter(|message| message.instruction).map(|message| self.spoken(message))
    }

    /// The turns that trimming has left, oldest first.
    pub fn turns(&self) -> impl Iterator<Item = (Role, String)> {
        let turns = self.messages.iter().filter(|message| !message.instruction && !message.dropped);
        turns.map(|message| (message.role, self.spoken(message)))
    }

    /// The client's document with its edits as it is sent to `model`, where there is one.
    pub fn document_text(&self, model: &str) -> Option<String> {
        self.document.as_ref().map(|document| document.to_text(model, self.streamed, &self.messages))
    }

    /// The texts of `message`.
    pub(super) fn texts_of(&self, message: &Message) -> &[Text] {
        self.texts.get(message.texts.clone()).unwrap_or_default()
    }

    /// The text of a turn; its parts are joined by line feeds.
    fn spoken(&self, message: &Message) -> String {
        let parts = self.texts_of(message).iter().filter(|text| text.spoken);
        parts.map(|text| text.content.expose()).collect::<Vec<_>>().join("\n")
    }
}

/// A request that has the right shape. Its texts have not been checked yet.
#[derive(Debug)]
pub struct Decoded {
    pub(super) request: ChatRequest,
    /// The client's document, where it is kept: it knows the paths of its texts.
    pub(super) tree: Option<Tree>,
}

impl Decoded {
    /// What a front has made of a client's body; with a `tree` where the texts name places in one.
    pub(crate) fn new(request: ChatRequest, tree: Option<Tree>) -> Decoded {
        Decoded { request, tree }
    }

    /// The request.
    pub fn request(&self) -> &ChatRequest {
        &self.request
    }

    /// All stages that are left. `window` is that of the model in tokens, if it is known.
    ///
    /// # Errors
    /// Those of [`check`](Self::check) and [`trim`](super::Counted::trim).
    pub fn prepare(
        self,
        guard: &Guard,
        rules: &ChatRules,
        window: Option<u64>,
        counters: &mut Counters,
    ) -> Result<Trimmed, Problem> {
        self.check(guard)?.count(rules, window, counters).trim(rules.ratio_permille)
    }

    /// Where the text `at` is in the client's document.
    pub(super) fn path(&self, at: usize) -> Path {
        let place = self.tree.as_ref().zip(self.request.texts.get(at).and_then(|text| text.node));
        if let Some((tree, node)) = place {
            return tree.path(node);
        }
        // The native wire has one text a message.
        match self.request.messages.get(at) {
            Some(message) if message.instruction => Path::root().name("systemInstructions").index(message.index),
            Some(message) => Path::root().name("context").index(message.index).name("content"),
            None => Path::root(),
        }
    }

    /// The name of the member that the text `at` is, for numbers: a person reads them with it.
    pub(super) fn label(&self, at: usize) -> Option<&str> {
        let text = self.request.texts.get(at).filter(|text| text.form == Form::Number)?;
        Some(self.tree.as_ref()?.node(text.node?).key.as_ref()?.name())
    }
}
