//! What a simulator is started with.

use std::path::PathBuf;

use crate::answer::Voice;

/// Settings of one simulator. Not `Debug`: it holds the client's secret.
#[derive(Clone)]
pub struct Config {
    /// Seed of the answers: same seed and same body, same answer.
    pub seed: u64,
    /// Sentences of an answer; 0 is a few, chosen by seed and body.
    pub sentences: u64,
    /// Speed of an answer in tokens (frames) per second; 0 is as fast as possible.
    pub rate: u32,
    /// The one OAuth client there is.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Life of a token in seconds, as told in `expires_in`.
    pub expires_in: u64,
    /// Prompts of more tokens than this are refused with `token.limit.exceeded`; 0 is no limit.
    pub token_limit: u64,
    /// The key of OpenAI's wire; a token of the OAuth client is as good.
    pub api_key: String,
    /// The models there are on OpenAI's wire.
    pub models: Vec<String>,
    /// Where templates, prompts and models are kept over a restart; `None` forgets them.
    pub state: Option<PathBuf>,
    /// One line per request on stderr: method, path, status, milliseconds. Never bodies or tokens.
    pub verbose: bool,
}

impl Config {
    pub(crate) fn voice(&self) -> Voice {
        Voice { seed: self.seed, sentences: self.sentences }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            sentences: 0,
            rate: 0,
            client_id: "dev-client".into(),
            client_secret: "dev-secret".into(),
            expires_in: 86_400,
            token_limit: 0,
            api_key: "dev-key".into(),
            models: MODELS.split(',').map(str::to_owned).collect(),
            state: None,
            verbose: false,
        }
    }
}

/// The models of OpenAI's wire unless others are named.
pub const MODELS: &str = "support-small,support-large,gpt-5-mini,gpt-4o,gpt-4o-mini,o4-mini,llama3.2,\
    text-embedding-3-small";
