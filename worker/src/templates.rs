//! The routes of templates: reads from the edge, writes by the template's object, the rest by upstream.

use std::rc::Rc;

use promptgate_core::call::Job;
use promptgate_core::genesys::{self, Ask, Family, Page};
use promptgate_core::governance::{Metric, Metrics, Operation};
use promptgate_core::problem::{Code, Problem};
use promptgate_core::route::{Route, Target};
use promptgate_core::settings::Settings;
use promptgate_core::template::{
    self, Command, ExecuteRequest, Library, Plan, PlannedAction, Precondition, RenderRequest, Stored, Template, Told,
    Verb, edge,
};
use promptgate_core::usage;
use worker::Response;

use crate::{Visit, body, client, exchange, isolate, json, object};

/// A response, be it a refusal; the code of its problem is told apart for the audit row.
type Answered = Result<Response, Response>;

impl Visit {
    /// Answers a route of templates or of usage.
    pub(crate) async fn templates(&self, settings: &Rc<Settings>, target: &Target) -> Result<Response, Problem> {
        let route = target.route;
        if route == Route::ExecuteTemplate {
            return self.execute(settings, target).await;
        }
        let tenant = self.operator(settings, route)?;
        let mut done = self.operation(settings, route, Some(&tenant));
        let answered = match route {
            Route::ListTemplates => self.list(settings, target).await,
            Route::ListVersions => self.versions(settings, target).await,
            Route::ReadVersion => self.version(settings, target).await,
            Route::DiffVersions => self.difference(settings, target).await,
            Route::CreateTemplate => self.create(settings, &mut done).await,
            Route::ReadTemplate => self.read(settings, Family::Prompt, target).await,
            Route::ReadCached => self.read(settings, Family::Cached, target).await,
            Route::UpdateTemplate | Route::Publish | Route::PublishNew => self.write(settings, target, &mut done).await,
            Route::Invalidate => self.invalidate(settings, target, &mut done).await,
            Route::RenderTemplate => self.render(settings, target).await,
            Route::SyncTemplates => self.sync(settings, target, &tenant).await,
            Route::Usage => self.usage(settings).await,
            _ => Err(self.refusal(Problem::new(Code::NotFound, "Nothing is at this address."))),
        };
        let code = answered.as_ref().err().and_then(client::problem_code);
        self.leave(settings, route, done, code);
        Ok(answered.unwrap_or_else(|refusal| refusal))
    }

    fn refusal(&self, problem: Problem) -> Response {
        client::whole(problem.reply(&self.random.request_id()))
    }

    async fn body(&self, settings: &Settings) -> Result<String, Response> {
        let body = body::read(&self.request, settings.call.total).await.and_then(|body| body.text());
        body.map_err(|problem| self.refusal(problem))
    }

    /// Asks upstream for what must be there.
    async fn upstream(&self, settings: &Rc<Settings>, ask: Ask) -> Result<promptgate_core::call::Answer, Response> {
        let answer = exchange::run(ask, settings, &self.life).await;
        answer.and_then(template::there).map_err(|problem| self.refusal(problem))
    }

    async fn page(&self, settings: &Rc<Settings>, ask: Ask) -> Result<Page, Response> {
        let answer = self.upstream(settings, ask).await?;
        Page::read(&answer.body).map_err(|problem| self.refusal(problem))
    }

    async fn list(&self, settings: &Rc<Settings>, target: &Target) -> Answered {
        let ask = template::list_question(target).map_err(|problem| self.refusal(problem))?;
        Ok(json(self.page(settings, ask).await?.json()))
    }

    async fn versions(&self, settings: &Rc<Settings>, target: &Target) -> Answered {
        let ask = template::versions_question(target).map_err(|problem| self.refusal(problem))?;
        Ok(json(self.page(settings, ask).await?.json()))
    }

    async fn version(&self, settings: &Rc<Settings>, target: &Target) -> Answered {
        let answer = self.upstream(settings, genesys::get_version(&target.id, target.version)).await?;
        Ok(json(String::from_utf8_lossy(&answer.body.0).into_owned()))
    }

    async fn difference(&self, settings: &Rc<Settings>, target: &Target) -> Answered {
        let (from, to) = template::diff_question(target).map_err(|problem| self.refusal(problem))?;
        let before = self.upstream(settings, genesys::get_version(&target.id, from)).await?;
        let after = self.upstream(settings, genesys::get_version(&target.id, to)).await?;
        template::difference(from, &before.body, to, &after.body).map(json).map_err(|problem| self.refusal(problem))
    }

    async fn create(&self, settings: &Rc<Settings>, done: &mut Operation) -> Answered {
        let text = self.body(settings).await?;
        let document = isolate::desk().prompt(&text).map_err(|problem| self.refusal(problem))?;
        let told = self.create_upstream(settings, document.to_text(), &self.random.new_id()).await?;
        done.did(&told);
        Ok(client::whole(edge::written(&told, Family::Prompt, &self.random.request_id())))
    }

    async fn create_upstream(&self, settings: &Rc<Settings>, document: String, key: &str) -> Result<Told, Response> {
        let ask = genesys::create_template(document.into_bytes(), key);
        let answer = exchange::run(ask, settings, &self.life).await;
        answer.and_then(|answer| Told::created(answer, self.clock.unix_ms())).map_err(|problem| self.refusal(problem))
    }

    /// The template as the edge has it: the copy in KV, else what its object says. And whether it was the copy.
    async fn copy(&self, settings: &Rc<Settings>, family: Family, id: &str) -> Result<(Stored, bool), Response> {
        let newest = edge::wants_newest(self.headers().cache_control.as_deref());
        if !newest && let Some(stored) = self.kept(family, id).await {
            return Ok((stored, true));
        }
        // What the object has is as new as what KV may have: a lost copy costs upstream nothing.
        let max_age_s = if newest { 0 } else { settings.template_ttl_s };
        let told = self.ask(settings, family, id, Verb::Read { max_age_s }).await?;
        Ok((told.stored, false))
    }

    async fn kept(&self, family: Family, id: &str) -> Option<Stored> {
        let copies = self.env.kv("TEMPLATES").ok()?;
        let text = copies.get(&edge::key(family, id)).cache_ttl(60).text().await.ok()??;
        serde_json::from_str(&text).ok()
    }

    async fn ask(&self, settings: &Settings, family: Family, id: &str, verb: Verb) -> Result<Told, Response> {
        let command = Command { family, id: id.to_owned(), request_id: self.random.request_id(), verb };
        object::template::ask(&self.env, settings, &command).await
    }

    async fn read(&self, settings: &Rc<Settings>, family: Family, target: &Target) -> Answered {
        let (stored, hit) = self.copy(settings, family, &target.id).await?;
        self.count_read(family, hit);
        let if_none_match = self.headers().if_none_match;
        let now_ms = self.clock.unix_ms();
        let reply = edge::found(&stored, hit, if_none_match.as_deref(), &self.random.request_id(), now_ms);
        Ok(client::whole(reply))
    }

    fn count_read(&self, family: Family, hit: bool) {
        let mut metrics = Metrics::default();
        let result = if hit { "hit" } else { "miss" };
        metrics.count(Metric::CacheReads, &[("family", family.as_str()), ("result", result)], 1);
        self.behind(metrics, None);
    }

    async fn write(&self, settings: &Rc<Settings>, target: &Target, done: &mut Operation) -> Answered {
        let text = self.body(settings).await?;
        let (family, id) = match target.route {
            Route::UpdateTemplate => (Family::Prompt, target.id.clone()),
            Route::PublishNew => (Family::Cached, self.random.new_id()),
            _ => (Family::Cached, target.id.clone()),
        };
        done.on(&id);
        let document = match family {
            Family::Prompt => isolate::desk().prompt(&text),
            Family::Cached => isolate::desk().cached(&text, &id, self.clock.unix_ms()),
        };
        let document = document.map_err(|problem| self.refusal(problem))?.to_text();
        let headers = self.headers();
        let precondition = match target.route {
            Route::PublishNew => Precondition::Nothing,
            _ => Precondition::read(headers.if_match.as_deref(), headers.if_none_match.as_deref()),
        };
        let told = self.ask(settings, family, &id, Verb::Write { precondition, document }).await?;
        done.did(&told);
        Ok(client::whole(edge::written(&told, family, &self.random.request_id())))
    }

    async fn invalidate(&self, settings: &Rc<Settings>, target: &Target, done: &mut Operation) -> Answered {
        done.on(&target.id);
        let told = self.ask(settings, Family::Cached, &target.id, Verb::Invalidate).await?;
        done.did(&told);
        Ok(client::whole(edge::gone(&self.random.request_id())))
    }

    async fn render(&self, settings: &Rc<Settings>, target: &Target) -> Answered {
        let text = self.body(settings).await?;
        let request = RenderRequest::parse(text.as_bytes()).map_err(|problem| self.refusal(problem))?;
        let (stored, hit) = self.copy(settings, Family::Prompt, &target.id).await?;
        self.count_read(Family::Prompt, hit);
        let rendered = Template::from_upstream(&stored.document).and_then(|template| {
            isolate::counters(|counters| request.answer(&target.id, &template, &settings.guards.input, counters))
        });
        rendered.map(json).map_err(|problem| self.refusal(problem))
    }

    /// A template's execution is a call as a chat is one: same stream, same deadlines, same row.
    async fn execute(&self, settings: &Rc<Settings>, target: &Target) -> Result<Response, Problem> {
        let route = target.route;
        let (admitted, body) = self.admit(settings, target).await?;
        let refused = |problem| self.refused(route, Some(&admitted.tenant), problem);
        let request = ExecuteRequest::parse(body.bytes()).map_err(refused)?;
        let (stored, hit) = match self.copy(settings, Family::Prompt, &target.id).await {
            Ok(copy) => copy,
            Err(refusal) => {
                // The object has answered for itself; the row tells what it said.
                let code = client::problem_code(&refusal).unwrap_or_default();
                refused(Problem::new(Code::named(&code), ""));
                return Ok(refusal);
            }
        };
        self.count_read(Family::Prompt, hit);
        let execution = Template::from_upstream(&stored.document).and_then(|template| {
            isolate::counters(|counters| request.execution(&target.id, &template, &settings.guards.input, counters))
        });
        let job = Job::Execute(execution.map_err(refused)?);
        self.call(settings, route, admitted, job).await
    }

    async fn sync(&self, settings: &Rc<Settings>, target: &Target, tenant: &str) -> Answered {
        let text = self.body(settings).await?;
        let dry_run = template::sync_question(target).map_err(|problem| self.refusal(problem))?;
        let library = Library::parse(text.as_bytes(), &isolate::desk()).map_err(|problem| self.refusal(problem))?;
        let mut pages: Vec<Page> = Vec::new();
        while let Some(ask) = Page::next(&pages) {
            pages.push(self.page(settings, ask).await?);
        }
        let mut plans = library.plan(&pages);
        if !dry_run {
            for plan in &mut plans {
                self.apply(settings, plan, tenant).await;
            }
        }
        Ok(json(Plan::json(&plans, dry_run)))
    }

    /// Carries out one step of a plan; each leaves a row of its own.
    async fn apply(&self, settings: &Rc<Settings>, plan: &mut Plan, tenant: &str) {
        let request_id = self.random.request_id();
        let by = |operation: Operation| operation.by(Some(tenant), &settings.compliance_framework);
        let (route, told) = match (plan.action, plan.write()) {
            (PlannedAction::Leave, _) => return,
            (PlannedAction::Update, Some((id, verb))) => {
                (Route::UpdateTemplate, self.ask(settings, Family::Prompt, &id, verb).await)
            }
            _ => {
                let key = plan.key(&request_id);
                (Route::CreateTemplate, self.create_upstream(settings, plan.document.to_text(), &key).await)
            }
        };
        let mut done = by(Operation::of(route, &request_id));
        if let Some(id) = &plan.id {
            done.on(id);
        }
        let code = match told {
            Ok(told) => {
                done.did(&told);
                plan.done(&told.stored.document, told.merged);
                None
            }
            Err(refusal) => {
                let code = client::problem_code(&refusal);
                plan.failed(code.as_deref().unwrap_or_default());
                code
            }
        };
        self.leave(settings, route, done, code);
    }

    async fn usage(&self, settings: &Rc<Settings>) -> Answered {
        let text = self.body(settings).await?;
        let ask = usage::question(text.as_bytes()).map_err(|problem| self.refusal(problem))?;
        Ok(json(self.page(settings, ask).await?.json()))
    }
}
