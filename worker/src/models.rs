//! The routes of models: what changes a model goes to its object, an invocation goes upstream.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::{FutureExt, join_all};
use promptgate_core::governance::{Metric, Metrics};
use promptgate_core::http::Reply;
use promptgate_core::model::{
    Active, Command, InvocationIdentity, ListCommand, ListPage, Listed, Question, Received, Record, StatusUpdates,
    Step, Submission, Verb, environments, key_verdict,
};
use promptgate_core::problem::{Code, Problem};
use promptgate_core::route::Route;
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::KEEPER;
use promptgate_core::upstream::credential_check::CHECK_LIMIT_MS;

use crate::bridge::Delay;
use crate::client::{self, Stream};
use crate::context::RequestContext;
use crate::object::model::ModelReply;
use crate::{exchange, object, state, telemetry, upstream};
use web_sys::{AbortSignal, Response};

impl RequestContext {
    /// Answers a route of models.
    pub(crate) async fn models(&self) -> Result<Response, Problem> {
        let (response, code) = self.model().await.map_err(|problem| {
            // A change that its object never had is a change that failed (requirements, D4).
            if self.target.route == Route::ConfigureModel {
                let failed = [("result", "failure")];
                telemetry::count(|metrics| metrics.count(Metric::ConfigurationUpdates, &failed, 1));
            }
            self.refused(problem)
        })?;
        let mut metrics = Metrics::default();
        self.measure(code.map(Code::as_str), &mut metrics);
        self.count(metrics);
        Ok(response)
    }

    fn command(&self, id: &str, verb: Verb) -> Command {
        Command {
            id: id.to_owned(),
            tenant: self.tenant().to_owned(),
            any_tenant: self.caller.is_admin(),
            key_id: self.caller.key_id.clone(),
            request_id: self.random.request_id(),
            started_ms: self.clock.started_ms,
            verb,
            key_unchecked: false,
        }
    }

    /// The answer, and the code of its problem, if there is one that has its row already.
    async fn model(&self) -> Result<(Response, Option<Code>), Problem> {
        let id = self.target.id.as_str();
        let command = match self.target.route {
            Route::ListModels => return Ok((self.list_models().boxed_local().await?, None)),
            Route::ReadModel => self.command(id, Verb::Read),
            Route::DeleteModel => self.command(id, Verb::Delete),
            Route::WatchModel => {
                let after = StatusUpdates::last_event(self.headers.last_event_id.as_deref());
                return Ok((self.watch(self.command(id, Verb::Watch(after))).boxed_local().await?, None));
            }
            Route::ReadConfiguration => self.command(id, Verb::ReadConfiguration),
            Route::ExportModel => self.command(id, Verb::Export(environments(&self.target)?)),
            Route::ConfigureModel => self.command(id, Verb::Configure(self.body().await?.text()?)),
            Route::SubmitModel | Route::ConfigureNamed => {
                let text = self.body().await?.text()?;
                let submission = Submission::parse(text.as_bytes())?;
                let key_unchecked = !self.is_key_taken(&submission).await?;
                let id = submission.id(self.tenant(), &self.settings.credentials.secret);
                // Before it is there: what is in the list and not there is taken out.
                self.model_list(&ListCommand::Add(id.clone())).await?;
                Command { key_unchecked, ..self.command(&id, Verb::Submit(text)) }
            }
            _ => return self.invoke().boxed_local().await,
        };
        let reply = self.ask_model(&command).await?;
        if matches!(command.verb, Verb::Delete) && reply.status == 204 {
            // Where this fails, the next one who lists the models finds it gone.
            let _ = self.model_list(&ListCommand::Remove(vec![command.id])).await;
        }
        let code = reply.recorded.as_deref().map(Code::named);
        Ok((client::model_reply(reply), code))
    }

    /// Whether the provider takes the key, where an upstream is the provider; yes where none is.
    async fn is_key_taken(&self, submission: &Submission) -> Result<bool, Problem> {
        let Some(request) = submission.key_question(&self.settings.upstreams) else { return Ok(true) };
        let limit = AbortSignal::timeout_with_u32(CHECK_LIMIT_MS as u32);
        let answer = self.limits.within(upstream::send(&request, &limit)).await?;
        key_verdict(answer.map(|(head, _)| head).as_ref())
    }

    async fn model_list(&self, command: &ListCommand) -> Result<Listed, Problem> {
        object::model_list::ask(&self.env, self.tenant(), command, &self.limits).await
    }

    /// One page: the models of the list, as each one's object gives it.
    async fn list_models(&self) -> Result<Response, Problem> {
        let page = ListPage::read(&self.target)?;
        let Listed { ids, total } = self.model_list(&ListCommand::Page(page)).await?;
        let looks = ids.iter().map(|id| async move { self.ask_model(&self.command(id, Verb::Read)).await });
        let (mut models, mut gone) = (Vec::new(), Vec::new());
        for (id, looked) in ids.iter().zip(join_all(looks).await) {
            match looked {
                Ok(reply) => models.extend(serde_json::from_str(&reply.body).ok()),
                Err(problem) if problem.code == Code::NotFound => gone.push(id.clone()),
                Err(problem) => return Err(problem),
            }
        }
        let total = total.saturating_sub(gone.len() as u64);
        if !gone.is_empty() {
            let _ = self.model_list(&ListCommand::Remove(gone)).await;
        }
        Ok(crate::json(page.document(total, models)))
    }

    async fn ask_model(&self, command: &Command) -> Result<ModelReply, Problem> {
        // A change is made also where its client has left meanwhile.
        let limits = match command.verb {
            Verb::Submit(_) | Verb::Configure(_) | Verb::Delete | Verb::Lose(_) => self.limits.unattended(),
            _ => self.limits.clone(),
        };
        object::model::ask(&self.env, command, &limits).await
    }

    /// Asks the model. A client that leaves ends it, unless it has given a key: then it may come back for the answer,
    /// which upstream keeps.
    async fn invoke(&self) -> Result<(Response, Option<Code>), Problem> {
        let settings = &self.settings;
        let admitted = self.headers.admit(&self.caller.tenant, &self.target.path, self.random.key)?;
        let body = self.body().await?;
        let mut asking = match self.target.route {
            Route::InvokeNamed => Question::begin_protected(body.bytes(), &self.guards)?,
            _ => Question::begin(body.bytes(), &self.target.id, &self.guards)?,
        };
        drop(body);
        self.limits.steps(|| asking.step()).await?;
        let question = asking.end()?;
        let command = self.command(&question.model, Verb::Invoke);
        let active = Active::parse(&self.ask_model(&command).await?.body)?;
        self.caller.may_ask(&question.model)?;
        let need = active.need(&question, &settings.rates);
        let reservation = self.reserve(need).await?;
        let (provider_model, upstream_id) = (active.provider_model().to_owned(), active.upstream_id().clone());
        let limits =
            if self.headers.idempotency_key.is_some() { self.limits.unattended() } else { self.limits.clone() };
        let mut invocation = active.invocation(
            question,
            InvocationIdentity {
                idempotency_key: admitted.upstream_key,
                seed: self.random.seed,
                started_ms: self.clock.started_ms,
                deadline_ms: self.limits.deadline_ms,
            },
        );
        let grant = Cell::new(None);
        loop {
            let now = self.clock.unix_ms();
            let received: Option<(u32, Received)> = match state::health(KEEPER, |health| invocation.step(now, health)) {
                Step::Send(dispatch) => {
                    let request = |token: &_| Some(invocation.request(&settings.endpoints, token));
                    let received = exchange::dispatch(dispatch, request, &grant, settings, &self.life, &limits).await;
                    received.map(|received| (dispatch.attempt, received))
                }
                Step::Wait(until) => {
                    let wait = Delay::from(Duration::from_millis(until.saturating_sub(now)));
                    match limits.within(wait).await {
                        Err(problem) if problem.code == Code::ClientLeft => None,
                        _ => continue,
                    }
                }
                Step::Done => break,
            };
            let now = self.clock.unix_ms();
            state::health(KEEPER, |health| match received {
                Some((attempt, received)) => {
                    let (guard, rates) = (&self.guards.output, &settings.rates);
                    invocation.received(attempt, now, &received, guard, rates, health);
                }
                None => invocation.cancel(now, health),
            });
        }
        let problem = invocation.ended().and_then(|ended| ended.result.as_ref().err());
        if problem.is_some_and(|problem| problem.code == Code::ModelLost) {
            // Where this fails, the next invocation finds it out again.
            let _ = self.ask_model(&self.command(&command.id, Verb::Lose(upstream_id))).await;
        }
        let row = Record::invocation(command.occasion(settings, self.clock.unix_ms()), &invocation);
        reservation.settle(row.used(need), &self.life, &self.env);
        let event = row.event();
        telemetry::row(&event.line());
        let mut metrics = Metrics::default();
        event.measure(&mut metrics);
        row.measure(&provider_model, &mut metrics);
        self.count(metrics);
        Ok(match invocation.reply(&command.request_id) {
            Ok(reply) => (client::whole(reply), None),
            Err(problem) => (client::whole(problem.reply(&command.request_id)), Some(problem.code)),
        })
    }

    /// Writes the changes of status as they come; ends with the last one, or at the deadline: the client comes again
    /// and says where it was.
    async fn watch(&self, mut command: Command) -> Result<Response, Problem> {
        let mut news = news(&self.ask_model(&command).await?)?;
        let head = news.head(&command.request_id);
        if news.none() {
            return Ok(client::whole(Reply { head, body: Bytes::default() }));
        }
        let (stream, response) = Stream::begin(&head).ok_or_else(Problem::storage_unavailable)?;
        let (env, limits) = (self.env.clone(), self.limits.clone());
        self.life.wait_until(async move {
            loop {
                if limits.within(stream.write(&Bytes(news.text.into_bytes()))).await != Ok(true) {
                    return stream.abort();
                }
                if news.ended {
                    break;
                }
                command.verb = Verb::Watch(news.last);
                let next = object::model::ask(&env, &command, &limits).await;
                news = match next.and_then(|reply| self::news(&reply)) {
                    Ok(news) => news,
                    Err(problem) if problem.code == Code::TotalDeadline => break,
                    Err(_) => return stream.abort(),
                };
            }
            if limits.at_most(Duration::from_secs(1)).within(stream.close()).await.is_err() {
                stream.abort();
            }
        });
        Ok(response)
    }
}

fn news(reply: &ModelReply) -> Result<StatusUpdates, Problem> {
    serde_json::from_str(&reply.body).map_err(|_| Problem::storage_unavailable())
}
