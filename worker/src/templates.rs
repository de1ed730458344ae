//! The routes of templates: reads from the edge, writes by the template's object, the rest by upstream.

use std::collections::BTreeMap;

use futures_util::future::FutureExt;
use promptgate_core::call::Job;
use promptgate_core::client::Access;
use promptgate_core::governance::{Metric, Metrics, Operation};
use promptgate_core::http::{Reply, ReplyHead};
use promptgate_core::intake::Headers;
use promptgate_core::json::Json;
use promptgate_core::problem::{Code, Problem};
use promptgate_core::route::Route;
use promptgate_core::sensitive::Bytes;
use promptgate_core::template::{
    self, Command, Draft, ExecuteRequest, LibraryValidator, Listing, Plan, PlannedAction, Precondition, RenderRequest,
    TemplateSnapshot, UpstreamTemplate, Verb, edge, ownership,
};
use promptgate_core::upstream::UpstreamRequest;
use promptgate_core::upstream::genesys::{self, Family, Page};
use promptgate_core::usage;
use web_sys::Response;

use crate::context::RequestContext;
use crate::{client, exchange, json, object, state};

impl RequestContext {
    /// Answers a route of templates or of usage.
    pub(crate) async fn templates(&self) -> Result<Response, Problem> {
        let route = self.target.route;
        let mut done = Operation::of(route);
        if !self.target.id.is_empty() {
            done.on(&self.target.id);
        }
        let answered = self.template(&mut done).await;
        self.close(done, answered.as_ref().err());
        answered
    }

    async fn template(&self, done: &mut Operation) -> Result<Response, Problem> {
        Precondition::check(self.headers.if_match.as_deref())?;
        match self.target.route {
            Route::ListTemplates => self.list().boxed_local().await,
            Route::ListVersions => self.versions().boxed_local().await,
            Route::ReadVersion => self.version().boxed_local().await,
            Route::DiffVersions => self.difference().boxed_local().await,
            Route::ListLabels => self.list_labels().boxed_local().await,
            Route::SetLabel | Route::RemoveLabel | Route::RollBackLabel => self.label(done).boxed_local().await,
            Route::CreateTemplate => self.create(done).boxed_local().await,
            Route::ReadTemplate => self.read(Family::Prompt).boxed_local().await,
            Route::ReadCached => self.read(Family::Cached).boxed_local().await,
            Route::UpdateTemplate | Route::Publish | Route::PublishNew => self.write(done).boxed_local().await,
            Route::Invalidate => self.invalidate(done).boxed_local().await,
            Route::RenderTemplate => self.render().boxed_local().await,
            Route::AdoptTemplate => self.adopt(Family::Prompt).boxed_local().await,
            Route::AdoptCached => self.adopt(Family::Cached).boxed_local().await,
            Route::SyncTemplates => self.sync().boxed_local().await,
            Route::Usage => self.usage().boxed_local().await,
            _ => Err(Problem::new(Code::NotFound, "Nothing is at this address.")),
        }
    }

    pub(crate) async fn text(&self) -> Result<String, Problem> {
        self.body().await?.text()
    }

    /// Asks upstream for what must be there.
    pub(crate) async fn upstream(&self, ask: UpstreamRequest) -> Result<promptgate_core::call::Answer, Problem> {
        exchange::run(ask, &self.settings, &self.life, &self.limits).await.and_then(template::there)
    }

    async fn page(&self, ask: UpstreamRequest) -> Result<Page, Problem> {
        Page::read(&self.upstream(ask).await?.body)
    }

    /// Pages of all there is, for a tenant that sees some of it.
    async fn pages(&self, ask: impl Fn(u64, u64) -> UpstreamRequest) -> Result<Vec<Page>, Problem> {
        let mut pages: Vec<Page> = Vec::new();
        while let Some(number) = Page::next(&pages) {
            pages.push(self.page(ask(number, Page::SIZE)).await?);
        }
        Ok(pages)
    }

    async fn list(&self) -> Result<Response, Problem> {
        let listing = Listing::read(&self.target)?;
        if self.caller.is_admin() {
            return Ok(json(self.page(listing.page(listing.number, listing.size)).await?.json()));
        }
        let pages = self.pages(|number, size| listing.page(number, size)).await?;
        let owners = self.owners(Page::texts(&pages, "/id")).await?;
        let owner = |id: &str| owners.get(id).cloned().flatten();
        Ok(json(ownership::visible(pages, &self.caller, owner, Some((listing.number, listing.size))).json()))
    }

    /// Whose the prompt templates of these ids are.
    async fn owners(&self, ids: Vec<String>) -> Result<BTreeMap<String, Option<String>>, Problem> {
        let names: Vec<String> = ids.iter().map(|id| ownership::name(Family::Prompt, id)).collect();
        let owners = object::owners::find(&self.env, &names, false, &self.limits).await?;
        Ok(ids.into_iter().zip(owners).collect())
    }

    /// Whose a template is; where it is to be changed, as of now.
    async fn owner(&self, family: Family, id: &str, access: Access) -> Result<Option<String>, Problem> {
        let names = [ownership::name(family, id)];
        let owners = object::owners::find(&self.env, &names, access == Access::Change, &self.limits).await?;
        Ok(owners.into_iter().next().flatten())
    }

    /// Whether this key may do what its route does with a template.
    pub(crate) async fn reach(&self, family: Family, id: &str) -> Result<(), Problem> {
        if self.caller.is_admin() {
            return Ok(());
        }
        let access = self.target.route.access().unwrap_or(Access::Change);
        let owner = self.owner(family, id, access).await?;
        if owner.is_none() && access == Access::Change {
            // What is nowhere is nobody's either: a 404, as for what is another's.
            self.ask(family, id, Verb::Read { max_age_s: 0 }).await?;
        }
        ownership::reach(&self.caller, owner.as_deref(), access)
    }

    /// Makes a template this tenant's, unless it is another's.
    async fn claim(&self, family: Family, id: &str) -> Result<(), Problem> {
        let name = ownership::name(family, id);
        let owner = object::owners::claim(&self.env, name, self.tenant(), &self.limits.unattended()).await?;
        ownership::reach(&self.caller, owner.as_deref(), Access::Change)
    }

    async fn adopt(&self, family: Family) -> Result<Response, Problem> {
        let tenant = ownership::adopter(self.text().await?.as_bytes(), &self.caller)?;
        let id = &self.target.id;
        // Upstream must have it.
        self.ask(family, id, Verb::Read { max_age_s: 0 }).await?;
        let name = ownership::name(family, id);
        let owner = object::owners::claim(&self.env, name, tenant.as_str(), &self.limits.unattended()).await?;
        ownership::adopted(id, owner, &tenant).map(json)
    }

    async fn versions(&self) -> Result<Response, Problem> {
        let ask = template::versions_question(&self.target)?;
        self.reach(Family::Prompt, &self.target.id).await?;
        Ok(json(self.page(ask).await?.json()))
    }

    async fn version(&self) -> Result<Response, Problem> {
        self.reach(Family::Prompt, &self.target.id).await?;
        let answer = self.upstream(genesys::get_version(&self.target.id, self.target.version)).await?;
        template::version(self.target.version, &answer.body).map(json)
    }

    async fn difference(&self) -> Result<Response, Problem> {
        let (from, to) = template::diff_question(&self.target)?;
        self.reach(Family::Prompt, &self.target.id).await?;
        let before = self.upstream(genesys::get_version(&self.target.id, from)).await?;
        let after = self.upstream(genesys::get_version(&self.target.id, to)).await?;
        template::difference(from, &before.body, to, &after.body).map(json)
    }

    async fn create(&self, done: &mut Operation) -> Result<Response, Problem> {
        let document = template::completed_prompt(self.checked(Family::Prompt, &self.text().await?).await?);
        let snapshot = self.create_upstream(document.to_text(), &self.random.new_id()).await?;
        done.did(&snapshot.stored.document, &snapshot.stored.etag, snapshot.created);
        Ok(client::whole(edge::written(&snapshot, Family::Prompt, &self.random.request_id())))
    }

    /// A template that nothing refuses; others run while it is checked.
    async fn checked(&self, family: Family, text: &str) -> Result<Json, Problem> {
        let draft = Draft::read(family, text)?;
        let (validator, document) = (state::validator(), draft.document());
        let mut linting = validator.begin(&document);
        self.limits.steps(|| linting.step()).await?;
        draft.end(&linting.end())
    }

    async fn create_upstream(&self, document: String, key: &str) -> Result<TemplateSnapshot, Problem> {
        let bytes = document.len();
        let ask = genesys::create_template(document.into_bytes(), key);
        let answer = exchange::run(ask, &self.settings, &self.life, &self.limits).await?;
        let snapshot = TemplateSnapshot::created(answer, bytes, self.clock.unix_ms())?;
        // Upstream has it now, and chose its id.
        self.claim(Family::Prompt, &snapshot.id())
            .await
            .map_err(|problem| ownership::unclaimed(&snapshot.id(), problem))?;
        Ok(snapshot)
    }

    /// The template as the edge has it: the copy in KV, else what its object has. And whether it was the copy.
    pub(crate) async fn copy(&self, family: Family, id: &str) -> Result<(UpstreamTemplate, bool), Problem> {
        self.reach(family, id).await?;
        let Headers { cache_control, pragma, if_none_match, .. } = &self.headers;
        let newest = edge::wants_newest(cache_control.as_deref(), pragma.as_deref(), if_none_match.as_deref());
        if !newest && let Some(stored) = self.limits.within(self.kept(family, id)).await? {
            return Ok((stored, true));
        }
        // What the object has is as new as what KV may have: a lost copy costs upstream nothing.
        let max_age_s = if newest { 0 } else { self.settings.template_ttl_s };
        let snapshot = self.ask(family, id, Verb::Read { max_age_s }).await?;
        Ok((snapshot.stored, false))
    }

    async fn kept(&self, family: Family, id: &str) -> Option<UpstreamTemplate> {
        let copies = self.env.kv("TEMPLATES").ok()?;
        let text = copies.get(&edge::key(family, id)).cache_ttl(60).text().await.ok()??;
        serde_json::from_str(&text).ok()
    }

    async fn ask(&self, family: Family, id: &str, verb: Verb) -> Result<TemplateSnapshot, Problem> {
        // Whether a change was made is worth waiting for, also where its client has left: its row is the truth.
        let limits = match verb {
            Verb::Read { .. } => self.limits.clone(),
            Verb::Write { .. } | Verb::Invalidate => self.limits.unattended(),
        };
        let (request_id, deadline_ms) = (self.random.request_id(), self.limits.deadline_ms);
        let command = Command { family, id: id.to_owned(), request_id, deadline_ms, verb };
        object::template::ask(&self.env, &command, &limits).await
    }

    async fn read(&self, family: Family) -> Result<Response, Problem> {
        let (stored, hit) = self.copy(family, &self.target.id).await?;
        self.count_read(family, hit);
        let if_none_match = self.headers.if_none_match.as_deref();
        let now_ms = self.clock.unix_ms();
        Ok(client::whole(edge::found(&stored, hit, if_none_match, &self.random.request_id(), now_ms)))
    }

    pub(crate) fn count_read(&self, family: Family, hit: bool) {
        let mut metrics = Metrics::default();
        let result = if hit { "hit" } else { "miss" };
        let labels = [("family", family.as_str()), ("result", result), ("tenant", self.tenant())];
        metrics.count(Metric::CacheReads, &labels, 1);
        self.count(metrics);
    }

    async fn write(&self, done: &mut Operation) -> Result<Response, Problem> {
        let text = self.text().await?;
        let (family, id) = match self.target.route {
            Route::UpdateTemplate => (Family::Prompt, self.target.id.clone()),
            Route::PublishNew => (Family::Cached, self.random.new_id()),
            _ => (Family::Cached, self.target.id.clone()),
        };
        done.on(&id);
        let checked = self.checked(family, &text).await?;
        let document = match family {
            Family::Prompt => template::completed_prompt(checked),
            Family::Cached => template::completed_cached(checked, &id, self.clock.unix_ms())?,
        };
        let precondition = match self.target.route {
            Route::PublishNew => Precondition::Nothing,
            _ => Precondition::read(self.headers.if_match.as_deref(), self.headers.if_none_match.as_deref()),
        };
        let precondition = self.hold(family, &id, precondition).await?;
        let snapshot = self.ask(family, &id, Verb::Write { precondition, document: document.to_text() }).await?;
        done.did(&snapshot.stored.document, &snapshot.stored.etag, snapshot.created);
        Ok(client::whole(edge::written(&snapshot, family, &self.random.request_id())))
    }

    /// Makes sure that a template may be written, and makes a new one this tenant's; then what the write expects.
    async fn hold(&self, family: Family, id: &str, expected: Precondition) -> Result<Precondition, Problem> {
        if self.target.route != Route::PublishNew {
            let owner = self.owner(family, id, Access::Change).await?;
            let there = match owner {
                Some(_) => Ok(()),
                None => self.ask(family, id, Verb::Read { max_age_s: 0 }).await.map(drop),
            };
            match there {
                Err(problem) if problem.code == Code::NotFound && family == Family::Cached => {}
                Err(problem) => return Err(problem),
                Ok(()) => {
                    return ownership::reach(&self.caller, owner.as_deref(), Access::Change).map(|()| expected);
                }
            }
        }
        self.claim(family, id).await?;
        // What someone puts there meanwhile, without the gateway, is not ours to replace.
        Ok(expected.of_new())
    }

    async fn invalidate(&self, done: &mut Operation) -> Result<Response, Problem> {
        self.reach(Family::Cached, &self.target.id).await?;
        let snapshot = self.ask(Family::Cached, &self.target.id, Verb::Invalidate).await?;
        done.did(&snapshot.stored.document, &snapshot.stored.etag, snapshot.created);
        Ok(client::whole(edge::gone(&self.random.request_id())))
    }

    async fn render(&self) -> Result<Response, Problem> {
        let request = RenderRequest::parse(self.text().await?.as_bytes())?;
        let template = self.wanted(&request.wanted).await?;
        let mut values = request.begin(&template, &self.guards.input)?;
        self.limits.steps(|| values.step()).await?;
        state::counters(|counters| RenderRequest::answered(&self.target.id, &template, values, counters)).map(json)
    }

    /// A template's execution is a call as a chat is one: same stream, same deadlines, same row.
    pub(crate) async fn execute(&self) -> Result<Response, Problem> {
        let (admitted, body) = self.admit().await?;
        if let Some(answer) = self.seen(admitted.front, body.bytes()).await? {
            return Ok(answer);
        }
        let refused = |problem| self.refused(problem);
        let request = ExecuteRequest::parse(body.bytes()).map_err(refused)?;
        drop(body);
        let template = self.wanted(&request.wanted).await.map_err(refused)?;
        let mut values = request.begin(&template, &self.guards.input).map_err(refused)?;
        self.limits.steps(|| values.step()).await.map_err(refused)?;
        let execution = state::counters(|counters| request.executed(&self.target.id, &template, values, counters));
        let job = Job::Execute(Box::new(execution.map_err(refused)?));
        self.call(admitted, job).await
    }

    async fn sync(&self) -> Result<Response, Problem> {
        let text = self.text().await?;
        let dry_run = template::sync_question(&self.target)?;
        let mut library = LibraryValidator::read(text.as_bytes())?;
        let validator = state::validator();
        self.limits.steps(|| library.step(&validator)).await?;
        let library = library.end()?;
        let mut pages = self.pages(|number, size| genesys::list_templates(number, size, None)).await?;
        if !self.caller.is_admin() {
            let owners = self.owners(Page::texts(&pages, "/id")).await?;
            let owner = |id: &str| owners.get(id).cloned().flatten();
            pages = vec![ownership::visible(pages, &self.caller, owner, None)];
        }
        let mut plans = library.plan(&pages);
        if !dry_run {
            for plan in &mut plans {
                match self.limits.check() {
                    Ok(()) => self.apply(plan).await,
                    // Steps that are not done yet are marked so; nothing is sent where the client has left.
                    Err(problem) if problem.code == Code::TotalDeadline => plan.late(),
                    Err(problem) => return Err(problem),
                }
            }
        }
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", self.random.request_id()),
        ];
        let head = ReplyHead { status: Plan::status(&plans), headers };
        Ok(client::whole(Reply { head, body: Bytes(Plan::json(&plans, dry_run).into_bytes()) }))
    }

    /// Carries out one step of a plan; each has a row of its own.
    async fn apply(&self, plan: &mut Plan) {
        let (route, snapshot) = match (plan.action, plan.write()) {
            (PlannedAction::Leave, _) => return,
            (PlannedAction::Update, Some((id, verb))) => {
                let snapshot = match self.reach(Family::Prompt, &id).await {
                    Ok(()) => self.ask(Family::Prompt, &id, verb).await,
                    Err(problem) => Err(problem),
                };
                (Route::UpdateTemplate, snapshot)
            }
            _ => {
                let key = plan.key(&self.random.request_id());
                (Route::CreateTemplate, self.create_upstream(plan.document.to_text(), &key).await)
            }
        };
        let mut done = Operation::of(route);
        if let Some(id) = &plan.id {
            done.on(id);
        }
        match &snapshot {
            Ok(snapshot) => {
                done.did(&snapshot.stored.document, &snapshot.stored.etag, snapshot.created);
                plan.done(&snapshot.stored.document, snapshot.merged);
            }
            Err(problem) => plan.failed(problem.code.as_str()),
        }
        self.record(done, snapshot.as_ref().err());
    }

    async fn usage(&self) -> Result<Response, Problem> {
        let usage = usage::question(self.text().await?.as_bytes())?;
        if self.caller.is_admin() {
            return Ok(json(self.page(genesys::usage_query(usage.page(usage.number, usage.size))).await?.json()));
        }
        usage.by_template()?;
        let pages = self.pages(|number, size| genesys::usage_query(usage.page(number, size))).await?;
        let owners = self.owners(Page::texts(&pages, "/group/templateId")).await?;
        let owner = |id: &str| owners.get(id).cloned().flatten();
        Ok(json(ownership::own_usage(pages, &self.caller, owner, (usage.number, usage.size)).json()))
    }
}
