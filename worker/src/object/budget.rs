//! The objects that keep the books of keys and tenants: one for each.

use std::cell::RefCell;
use std::time::Duration;

use promptgate_core::budget::{Answer, Exchange, Ledger, Scope};
use promptgate_core::governance::webhook::Family;
use promptgate_core::governance::{WebhookEvent, limit_event};
use promptgate_core::problem::Problem;
use serde::{Deserialize, Serialize};
use worker::{DurableObject, Env, Request, Response, State, durable_object};

use crate::limits::Limits;
use crate::state::{self, ExecutionContext};
use crate::telemetry;

/// How long an exchange may take (ours): it costs about a millisecond.
const LIMIT: Duration = Duration::from_secs(3);
/// Where the books are stored.
const KEY: &str = "ledger";

/// An exchange, and whose books it is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) scope: Scope,
    /// The key's id, or the tenant's name.
    pub(crate) name: String,
    pub(crate) tenant: String,
    pub(crate) exchange: Exchange,
}

/// Exchanges with the books.
///
/// # Errors
/// Those of [`super::ask`].
pub(crate) async fn ask(env: &Env, question: &Question) -> Result<Answer, Problem> {
    let object = format!("{}:{}", question.scope.as_str(), question.name);
    let body = serde_json::to_string(question).ok();
    let limits = Limits::until(u64::MAX).at_most(LIMIT);
    super::ask_json(env, "BUDGET", &object, "", body, &limits).await
}

/// The books of one key or tenant.
#[durable_object]
pub struct BudgetObject {
    state: std::rc::Rc<State>,
    env: Env,
    /// As they are stored; read when first asked for.
    ledger: RefCell<Option<Ledger>>,
}

impl DurableObject for BudgetObject {
    fn new(state: State, env: Env) -> Self {
        BudgetObject { state: std::rc::Rc::new(state), env, ledger: RefCell::new(None) }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let question: Question = serde_json::from_str(&request.text().await?)?;
        if self.ledger.borrow().is_none() {
            let stored: Option<String> = self.state.storage().get(KEY).await?;
            let stored = stored.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default();
            // Another request may have read it meanwhile, and changed it.
            self.ledger.borrow_mut().get_or_insert(stored);
        }
        let (answer, text) = {
            let mut ledger = self.ledger.borrow_mut();
            let ledger = ledger.get_or_insert_with(Ledger::default);
            let answer = ledger.exchange(&question.exchange, state::now_ms());
            (answer, serde_json::to_string(ledger)?)
        };
        if let Err(error) = self.state.storage().put(KEY, text).await {
            // What is in memory may not be what is stored.
            *self.ledger.borrow_mut() = None;
            return Err(error);
        }
        self.report(&question, &answer);
        Response::ok(serde_json::to_string(&answer)?)
    }
}

impl BudgetObject {
    /// Tells the operator what has come about: a line of the log, and a webhook.
    fn report(&self, question: &Question, answer: &Answer) {
        let now_ms = state::now_ms();
        for event in &answer.events {
            let body = limit_event(event, question.scope, &question.name, &question.tenant, now_ms);
            worker::console_log!("{body}");
            let subject = event.id(question.scope, &question.name);
            let webhook = WebhookEvent { family: Family::Limit, name: event.name(), subject, body };
            telemetry::webhook(&ExecutionContext::Object(self.state.clone()), &self.env, &webhook);
        }
    }
}
