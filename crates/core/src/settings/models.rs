//! The models that clients may ask: `MODELS`, a JSON text.
//!
//! ```json
//! [{"name": "fast", "targets": [{"upstream": "openai", "model": "gpt-4.1-mini"}], "firstContentMs": 3000}]
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::{Reader, Settings};
use crate::call::{CallRules, Job};
use crate::client::Tenant;
use crate::fault::{Fault, Faults, Path, nearest};
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::upstream::{Rate, Target, Upstream};

/// Most targets of one model: each may take a whole deadline for first content (ours).
const MAX_TARGETS: usize = 8;
/// The largest weight: more say nothing that a thousandth does not (ours).
const MAX_WEIGHT: u64 = 1_000;
/// In a target: the model as the client calls it.
const SAME: &str = "*";

/// The models that clients may ask, by their public names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Models(Vec<Model>);

/// A public name and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Model {
    /// A name, or a beginning and `*`.
    name: String,
    /// Best first, each with its weight; the model's name there may be [`SAME`].
    targets: Vec<(Target, u64)>,
    /// Who may ask it; everyone, if none is named.
    tenants: Vec<String>,
    /// In tokens.
    window: Option<u64>,
    first_content: Option<Duration>,
    idle: Option<Duration>,
    total: Option<Duration>,
    fallback: bool,
}

/// Where a model is asked, and by which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Best first; one at least.
    pub targets: Vec<Target>,
    /// The call's deadlines.
    pub rules: CallRules,
    /// Whether the configured text may replace an answer on the OpenAI front too.
    pub fallback: bool,
}

impl Settings {
    /// Where `job` of `tenant` is sent. Of targets with weights one is drawn by `random` to be the first.
    ///
    /// # Errors
    /// [`Code::ModelNotFound`] where no upstream has the model, or the tenant may not ask it;
    /// [`Code::UnsupportedByUpstream`] where none that has it can express the request, [`Code::NotConfigured`] for a
    /// template that no upstream keeps.
    pub fn route(&self, job: &Job, tenant: &str, random: u64) -> Result<Route, Problem> {
        let Some(request) = job.conversation() else {
            let Some(upstream) = self.keeper() else {
                let detail = "No upstream that keeps templates is configured.";
                return Err(Problem::new(Code::NotConfigured, detail));
            };
            let target = Target { upstream: upstream.clone(), model: job.model_id().to_owned(), rate: None };
            return Ok(Route { targets: vec![target], rules: self.call.clone(), fallback: true });
        };
        let Some(model) = self.models.model(&request.model, tenant) else {
            let known: Vec<&str> = self.models.names(tenant).collect();
            let hint = nearest(&request.model, &known).map(|meant| format!(" Did you mean `{meant}`?"));
            let detail = format!("There is no such model.{}", hint.unwrap_or_default());
            return Err(Problem::new(Code::ModelNotFound, detail));
        };
        let mut cannot = None;
        let able = model.targets.iter().filter(|(target, _)| match target.upstream.wire.cannot_express(request) {
            None => true,
            Some(path) => {
                cannot.get_or_insert(path);
                false
            }
        });
        let able: Vec<_> = able.collect();
        if let (Some(path), true) = (cannot, able.is_empty()) {
            let message = "The model's upstream cannot express this: leave it out, or ask another model.";
            let fault = Fault { path, ..Fault::new(&Path::root(), "unsupported_by_upstream", message) };
            return Err(Problem::with_errors(Code::UnsupportedByUpstream, vec![fault]));
        }
        let mut route = model.route(able, &request.model, &self.call, random);
        if request.document.is_some() && !route.fallback {
            route.rules.fallback = None;
        }
        Ok(route)
    }
}

impl Models {
    /// One route for every name: the first of `upstreams`.
    pub(super) fn everything(upstreams: &[Arc<Upstream>]) -> Models {
        let target =
            |upstream: &Arc<Upstream>| Target { upstream: upstream.clone(), model: SAME.to_owned(), rate: None };
        Models(vec![Model {
            name: "*".to_owned(),
            targets: upstreams.first().map(|upstream| (target(upstream), 0)).into_iter().collect(),
            tenants: Vec::new(),
            window: None,
            first_content: None,
            idle: None,
            total: None,
            fallback: false,
        }])
    }

    /// The window of `name` in tokens, if it is configured.
    pub fn window(&self, name: &str, tenant: &str) -> Option<u64> {
        self.model(name, tenant)?.window
    }

    /// Whether `tenant` may ask for `name`.
    pub fn has(&self, name: &str, tenant: &str) -> bool {
        self.model(name, tenant).is_some()
    }

    /// What `name` means to `tenant`. A name that is another's is not looked up among the beginnings: it would get by
    /// `*` what is kept from it.
    fn model(&self, name: &str, tenant: &str) -> Option<&Model> {
        let fits = |model: &&Model| match model.name.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => model.name == name,
        };
        // An exact name first, then the longest beginning.
        let best = self.0.iter().filter(fits).max_by_key(|model| (!model.name.ends_with('*'), model.name.len()));
        best.filter(|model| model.is_for(tenant))
    }

    /// The longest time that a call of any model may take; `rules` are those of models that have none of their own.
    pub fn longest(&self, rules: &CallRules) -> Duration {
        self.0.iter().filter_map(|model| model.total).fold(rules.total, Duration::max)
    }

    /// The public names that `tenant` may ask for, without those that match many.
    pub fn names(&self, tenant: &str) -> impl Iterator<Item = &str> {
        let names = self.0.iter().filter(move |model| model.is_for(tenant)).map(|model| model.name.as_str());
        names.filter(|name| !name.ends_with('*'))
    }
}

impl Model {
    fn is_for(&self, tenant: &str) -> bool {
        self.tenants.is_empty() || self.tenants.iter().any(|known| known == tenant)
    }

    /// The route to `targets`, some of its own, for a client that calls the model `name`.
    fn route(&self, mut targets: Vec<&(Target, u64)>, name: &str, rules: &CallRules, random: u64) -> Route {
        let weights: u64 = targets.iter().map(|(_, weight)| weight).sum();
        if let Some(mut drawn) = random.checked_rem(weights) {
            let first = targets.iter().position(|(_, weight)| {
                let found = drawn < *weight;
                drawn = drawn.saturating_sub(*weight);
                found
            });
            if let Some(first) = first {
                // The others stay in their order.
                targets.get_mut(..=first).unwrap_or_default().rotate_right(1);
            }
        }
        let called = |(target, _): &(Target, u64)| match target.model.as_str() {
            SAME => Target { model: name.to_owned(), ..target.clone() },
            _ => target.clone(),
        };
        Route {
            targets: targets.into_iter().map(called).collect(),
            rules: CallRules {
                first_content: self.first_content.unwrap_or(rules.first_content),
                idle: self.idle.unwrap_or(rules.idle),
                total: self.total.unwrap_or(rules.total),
                fallback: rules.fallback.clone(),
            },
            fallback: self.fallback,
        }
    }
}

impl Reader<'_> {
    /// `MODELS`, or the first upstream for every name.
    pub(super) fn models(&mut self, upstreams: &[Arc<Upstream>]) -> Models {
        let list = self.list("MODELS");
        if list.is_empty() {
            return Models::everything(upstreams);
        }
        let mut models: Vec<Model> = Vec::new();
        for (path, item) in list {
            let Some(model) = self.model(&path, &item, upstreams) else { continue };
            if models.iter().any(|earlier| earlier.name == model.name) {
                self.wrong(&path.name("name"), format!("Duplicate name `{}`.", model.name));
            }
            models.push(model);
        }
        Models(models)
    }

    fn model(&mut self, path: &Path, item: &Json, upstreams: &[Arc<Upstream>]) -> Option<Model> {
        const KNOWN: [&str; 9] =
            ["name", "targets", "tenants", "window", "firstContentMs", "idleMs", "totalMs", "rates", "fallback"];
        self.known(path, item, &KNOWN);
        let name = self.name(path, item, "name");
        let mut duration = |name: &str| self.whole(path, item, name, 1..=600_000).map(Duration::from_millis);
        let (first_content, idle, total) = (duration("firstContentMs"), duration("idleMs"), duration("totalMs"));
        let window = self.whole(path, item, "window", 1..=10_000_000);
        let fallback = self.flag(path, item, "fallback").unwrap_or_default();
        let rate = self.rate(path, item);
        let tenants = self.tenants(path, item);
        let targets = match item.member("targets") {
            Some(Json::Array(items)) if (1..=MAX_TARGETS).contains(&items.len()) => items.clone(),
            _ => {
                let message = format!("`targets` must be an array of 1 to {MAX_TARGETS} objects.");
                self.wrong(&path.name("targets"), message);
                return None;
            }
        };
        let mut found = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            found.push(self.target(&path.name("targets").index(index), target, rate, upstreams));
        }
        let targets = found.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Model { name: name?, targets, tenants, window, first_content, idle, total, fallback })
    }

    /// A target and its weight; `rate` is that of targets that have none of their own.
    fn target(
        &mut self,
        path: &Path,
        item: &Json,
        rate: Option<Rate>,
        upstreams: &[Arc<Upstream>],
    ) -> Option<(Target, u64)> {
        self.known(path, item, &["upstream", "model", "weight", "rates"]);
        let name = self.string(path, item, "upstream");
        let model = match item.member("model") {
            Some(_) => self.name(path, item, "model"),
            None => Some(SAME.to_owned()),
        };
        let weight = self.whole(path, item, "weight", 0..=MAX_WEIGHT).unwrap_or_default();
        let rate = self.rate(path, item).or(rate);
        let name = name?;
        let Some(upstream) = upstreams.iter().find(|upstream| upstream.name == name) else {
            let known: Vec<&str> = upstreams.iter().map(|upstream| upstream.name.as_str()).collect();
            let hint = match nearest(&name, &known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are {}.", known.join(", ")),
            };
            self.wrong(&path.name("upstream"), format!("There is no such upstream: {hint}"));
            return None;
        };
        Some((Target { upstream: upstream.clone(), model: model?, rate }, weight))
    }

    fn rate(&mut self, path: &Path, item: &Json) -> Option<Rate> {
        let (path, item) = (path.name("rates"), item.member("rates")?);
        self.known(&path, item, &["promptPer1k", "completionPer1k"]);
        let price = |name| item.member(name).cloned();
        let mut faults = Faults::default();
        let rate = Rate::read(&path, price("promptPer1k"), price("completionPer1k"), &mut faults);
        self.faults.extend(faults);
        Some(rate)
    }

    fn tenants(&mut self, path: &Path, item: &Json) -> Vec<String> {
        let Some(list) = item.member("tenants") else { return Vec::new() };
        let names = match list {
            Json::Array(names) if !names.is_empty() => names.iter(),
            _ => [].iter(),
        };
        let tenant = |name: &Json| match name {
            Json::String(name) => Tenant::named(name).map(|_| name.clone()),
            _ => None,
        };
        let tenants: Option<Vec<_>> = names.map(tenant).collect();
        tenants.filter(|tenants| !tenants.is_empty()).unwrap_or_else(|| {
            let message = "`tenants` must be an array of tenants' names, one at least, as CLIENT_KEYS has them.";
            self.wrong(&path.name("tenants"), message.to_owned());
            Vec::new()
        })
    }
}

#[cfg(test)]
mod tests;
