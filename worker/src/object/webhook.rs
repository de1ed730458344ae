//! The object of one destination of webhooks: keeps what is to be sent ([`messages`]), sends it by its alarm ([`sender`]),
//! and keeps what nobody took.

mod messages;
mod sender;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use promptgate_core::governance::webhook::{DeadLetter, DestinationStatus, Message, Question, next_alarm};
use promptgate_core::problem::Problem;
use serde::Serialize;
use worker::{DurableObject, Env, Method, Request, Response, State, durable_object};

use crate::limits::Limits;
use crate::state::Clock;
use messages::Messages;

/// How long a request to an object may take (ours): it costs some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);
/// When an alarm that was cut off comes again (ours). While it is at work none begins beside it.
const AGAIN: Duration = Duration::from_secs(5);

/// Brings messages to the object of the destination `name`: how many it had no room for; none where it does not answer.
pub(crate) async fn bring(env: &Env, name: &str, messages: &[Message]) -> Option<u64> {
    /// The object learns by its first messages whose it is: an alarm does not say.
    #[derive(Serialize)]
    struct Delivery<'a> {
        destination: &'a str,
        messages: &'a [Message],
    }
    let limits = Limits::until(u64::MAX).at_most(LIMIT);
    let body = serde_json::to_string(&Delivery { destination: name, messages }).ok()?;
    super::ask_json(env, "WEBHOOK", name, "messages", Some(body), &limits).await.ok()
}

/// How the destination `name` fares.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn status(env: &Env, name: &str, limits: &Limits) -> Result<DestinationStatus, Problem> {
    super::ask_json(env, "WEBHOOK", name, "standing", None, &limits.at_most(LIMIT)).await
}

/// Its dead letters.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn dead_letters(
    env: &Env,
    name: &str,
    question: &Question,
    limits: &Limits,
) -> Result<Vec<DeadLetter>, Problem> {
    let body = serde_json::to_string(question).ok();
    super::ask_json(env, "WEBHOOK", name, "dead-letters", body, &limits.at_most(LIMIT)).await
}

/// Sends dead letters again, those with these ids or all: how many. The destination takes messages again, too.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn redeliver(env: &Env, name: &str, ids: &[String], limits: &Limits) -> Result<u64, Problem> {
    let body = serde_json::to_string(ids).ok();
    super::ask_json(env, "WEBHOOK", name, "redeliver", body, &limits.at_most(LIMIT)).await
}

/// One for each destination.
#[durable_object]
pub struct WebhookObject {
    state: Rc<State>,
    env: Env,
    messages: Messages,
    /// An alarm is at work, and looks again when it is told.
    working: RefCell<Option<oneshot::Sender<()>>>,
    /// The receiver has said that it is gone, and nobody has asked since to send to it again.
    gone: Cell<bool>,
}

impl DurableObject for WebhookObject {
    fn new(state: State, env: Env) -> Self {
        let messages = Messages::new(state.storage().sql());
        WebhookObject { state: Rc::new(state), env, messages, working: RefCell::default(), gone: Cell::new(false) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        self.messages.create()?;
        let text = match request.method() {
            Method::Get => String::new(),
            _ => request.text().await?,
        };
        let now_ms = Clock::start().unix_ms();
        match request.path().trim_start_matches('/') {
            "messages" => {
                let refused = self.messages.take(&text, now_ms)?;
                self.wake().await?;
                json(&refused)
            }
            "standing" => {
                // Whoever looks wakes what waits for a destination that was not set for a while.
                self.wake().await?;
                json(&self.messages.status()?)
            }
            "dead-letters" => json(&self.messages.dead_letters(&serde_json::from_str(&text)?)?),
            "redeliver" => {
                let count = self.messages.redeliver(&serde_json::from_str::<Vec<String>>(&text)?, now_ms)?;
                self.gone.set(false);
                self.wake().await?;
                json(&count)
            }
            _ => Response::error("not found", 404),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // If this process dies while it sends, or the storage fails, the alarm goes on.
        self.state.storage().set_alarm(AGAIN).await?;
        let worked = self.work().await;
        *self.working.borrow_mut() = None;
        match worked? {
            Some(wait) => self.state.storage().set_alarm(wait).await?,
            None => self.state.storage().delete_alarm().await?,
        }
        Response::empty()
    }
}

impl WebhookObject {
    /// Sees to it that there is an alarm for what is due.
    async fn wake(&self) -> worker::Result<()> {
        if let Some(working) = self.working.borrow_mut().take() {
            let _ = working.send(());
            return Ok(());
        }
        let due = self.messages.due()?.into_iter().map(|(_, due_ms)| due_ms);
        match next_alarm(due, Clock::start().unix_ms()) {
            Some(wait) => self.state.storage().set_alarm(wait).await,
            None => Ok(()),
        }
    }
}

fn json(value: &impl Serialize) -> worker::Result<Response> {
    Response::ok(serde_json::to_string(value)?)
}
