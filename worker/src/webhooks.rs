//! Webhooks as their operator sees them: how the destinations fare, and their dead letters.

use futures_util::future::try_join_all;
use promptgate_core::governance::Operation;
use promptgate_core::governance::webhook::{self, Destination, Question};
use promptgate_core::problem::Problem;
use promptgate_core::route::Route;
use serde_json::json;
use web_sys::Response;

use crate::context::RequestContext;
use crate::{json, object};

impl RequestContext {
    /// Answers what is asked about webhooks.
    pub(crate) async fn webhooks(&self) -> Result<Response, Problem> {
        let answered = match self.target.route {
            Route::ListWebhooks => self.destinations().await,
            Route::ListDeadLetters => self.dead_letters().await,
            _ => self.redeliver().await,
        };
        let mut done = Operation::of(self.target.route);
        if !self.target.id.is_empty() {
            done.on(&self.target.id);
        }
        self.close(done, answered.as_ref().err());
        answered.map(json)
    }

    async fn destinations(&self) -> Result<String, Problem> {
        let view = |destination: &Destination| {
            let (destination, env, limits) = (destination.clone(), self.env.clone(), self.limits.clone());
            async move {
                let status = object::webhook::status(&env, &destination.name, &limits).await?;
                Ok::<_, Problem>(destination.view(&status))
            }
        };
        let views = try_join_all(self.settings.webhooks.0.iter().map(view)).await?;
        Ok(json!({ "destinations": views }).to_string())
    }

    async fn dead_letters(&self) -> Result<String, Problem> {
        let question = Question::of(&self.target)?;
        let destination = webhook::destination(&self.settings.webhooks, &self.target.id)?;
        let letters = object::webhook::dead_letters(&self.env, &destination.name, &question, &self.limits).await?;
        Ok(question.answer(&letters))
    }

    async fn redeliver(&self) -> Result<String, Problem> {
        let destination = webhook::destination(&self.settings.webhooks, &self.target.id)?;
        let ids = webhook::redelivery(self.body().await?.bytes())?;
        let count = object::webhook::redeliver(&self.env, &destination.name, &ids, &self.limits.unattended()).await?;
        Ok(json!({ "redelivered": count }).to_string())
    }
}
