//! The routes of models: what changes a model goes to its object, an invocation goes upstream.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use promptgate_core::governance::Metrics;
use promptgate_core::http::Reply;
use promptgate_core::model::{
    Active, Command, InvocationIdentity, ModelAction, News, Occasion, Question, Record, Step, Submission, Verb,
};
use promptgate_core::problem::Problem;
use promptgate_core::route::{Route, Target};
use promptgate_core::sensitive::Bytes;
use promptgate_core::settings::Settings;
use worker::{Delay, Response};

use crate::client::Stream;
use crate::{Visit, body, client, exchange, isolate, leave, object};

impl Visit {
    /// Answers a route of models.
    pub(crate) async fn models(&self, settings: &Rc<Settings>, target: &Target) -> Result<Response, Problem> {
        let mut tenant = None;
        let answered = self.model(settings, target, &mut tenant).await;
        let code = match &answered {
            Ok(response) => client::problem_code(response),
            Err(problem) => Some(problem.code.as_str().to_owned()),
        };
        let mut metrics = Metrics::default();
        let (route, took) = (target.route.pattern(), self.clock.elapsed());
        metrics.request(route, tenant.as_deref().unwrap_or_default(), code.as_deref(), took);
        // What the object has refused, it has written down.
        if let (Err(problem), Some(action)) = (&answered, ModelAction::of(target.route)) {
            let model = Some(target.id.as_str()).filter(|id| !id.is_empty());
            let request_id = self.random.request_id();
            let (environment, now_ms) = (settings.environment.as_str(), self.clock.unix_ms());
            let occasion = Occasion { request_id: &request_id, tenant: tenant.as_deref(), environment, now_ms };
            leave::row(&Record::refused(occasion, action, model, problem, self.clock.elapsed_ms()).line());
        }
        self.behind(metrics, None);
        answered
    }

    async fn model(
        &self,
        settings: &Rc<Settings>,
        target: &Target,
        tenant: &mut Option<String>,
    ) -> Result<Response, Problem> {
        let (route, headers) = (target.route, self.headers());
        let asks = tenant.insert(headers.authenticate(&settings.clients, route)?.as_str().to_owned()).clone();
        let command = |id: &str, verb| Command {
            id: id.to_owned(),
            tenant: asks.clone(),
            request_id: self.random.request_id(),
            started_ms: self.clock.started_ms,
            verb,
        };
        let verb = match route {
            Route::ReadModel => Verb::Read,
            Route::WatchModel => {
                let after = News::last_event(headers.last_event_id.as_deref());
                return self.watch(settings, command(&target.id, Verb::Watch(after))).await;
            }
            Route::ReadConfiguration => Verb::ReadConfiguration,
            Route::ExportModel => Verb::Export,
            Route::ConfigureModel => {
                headers.tenant(&settings.clients, route)?;
                Verb::Configure(body::read(&self.request, settings.call.total).await?.text()?)
            }
            Route::SubmitModel | Route::ConfigureNamed => {
                headers.tenant(&settings.clients, route)?;
                let text = body::read(&self.request, settings.call.total).await?.text()?;
                let id = Submission::parse(text.as_bytes())?.id(&asks, &settings.credentials.secret);
                return object::model::ask(&self.env, settings, &command(&id, Verb::Submit(text))).await;
            }
            _ => {
                let admitted = headers.admit(&settings.clients, route, &target.path, self.random.key)?;
                let body = body::read(&self.request, settings.call.total).await?;
                let question = match route {
                    Route::InvokeNamed => Question::parse_protected(body.bytes(), &settings.guards)?,
                    _ => Question::parse(body.bytes(), &target.id, &settings.guards)?,
                };
                let command = command(&question.model, Verb::Invoke);
                return self.invoke(settings, command, question, admitted.upstream_key).await;
            }
        };
        object::model::ask(&self.env, settings, &command(&target.id, verb)).await
    }

    /// Asks the model. A client that leaves changes nothing: what was sent is paid for, and its row tells of it.
    async fn invoke(
        &self,
        settings: &Rc<Settings>,
        command: Command,
        question: Question,
        idempotency_key: String,
    ) -> Result<Response, Problem> {
        let mut told = object::model::ask(&self.env, settings, &command).await?;
        if client::problem_code(&told).is_some() {
            return Ok(told);
        }
        let active = Active::parse(&told.text().await.unwrap_or_default())?;
        let provider_model = active.provider_model().to_owned();
        let mut invocation = active.invocation(
            question,
            InvocationIdentity {
                idempotency_key,
                seed: self.random.seed,
                started_ms: self.clock.started_ms,
                deadline_ms: self.clock.started_ms + settings.call.total.as_millis() as u64,
            },
        );
        let grant = Cell::new(None);
        loop {
            let now = self.clock.unix_ms();
            match isolate::health(|health| invocation.step(now, health)) {
                Step::Send(dispatch) => {
                    let request = |token: &_| Some(invocation.request(&settings.endpoints, token));
                    let received = exchange::dispatch(dispatch, request, &grant, settings, &self.life).await;
                    let now = self.clock.unix_ms();
                    let (guard, rates) = (&settings.guards.output, &settings.rates);
                    isolate::health(|health| {
                        invocation.received(dispatch.attempt, now, &received, guard, rates, health);
                    });
                }
                Step::Wait(until) => Delay::from(Duration::from_millis(until.saturating_sub(now))).await,
                Step::Done => break,
            }
        }
        let row = Record::invocation(command.occasion(settings, self.clock.unix_ms()), &invocation);
        leave::row(&row.line());
        let mut metrics = Metrics::default();
        row.measure(&provider_model, &mut metrics);
        self.behind(metrics, None);
        Ok(match invocation.reply(&command.request_id) {
            Ok(reply) => client::whole(reply),
            Err(problem) => client::whole(problem.reply(&command.request_id)),
        })
    }

    /// Writes the changes of status as they come; ends with the last one, or after a while: the client comes again
    /// and says where it was.
    async fn watch(&self, settings: &Rc<Settings>, mut command: Command) -> Result<Response, Problem> {
        let mut told = object::model::ask(&self.env, settings, &command).await?;
        if client::problem_code(&told).is_some() {
            return Ok(told);
        }
        let Some(mut news) = news(&mut told).await else { return Ok(told) };
        let head = news.head(&command.request_id);
        if news.none() {
            return Ok(client::whole(Reply { head, body: Bytes::default() }));
        }
        let Some((stream, response)) = Stream::begin(&head) else { return Ok(told) };
        let (env, settings, clock) = (self.env.clone(), settings.clone(), self.clock);
        let mut left = client::left(&self.request);
        self.life.wait_until(async move {
            while stream.write(&Bytes(news.text.into_bytes())).await && !news.ended {
                if clock.elapsed() >= settings.call.total {
                    break;
                }
                command.verb = Verb::Watch(news.last);
                let next = Box::pin(async {
                    self::news(&mut object::model::ask(&env, &settings, &command).await.ok()?).await
                });
                news = match select(next, &mut left).await {
                    Either::Left((Some(news), _)) => news,
                    _ => return stream.abort(),
                };
            }
            stream.close().await;
        });
        Ok(response)
    }
}

async fn news(told: &mut Response) -> Option<News> {
    serde_json::from_str(&told.text().await.ok()?).ok()
}
