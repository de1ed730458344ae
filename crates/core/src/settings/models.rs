//! Upstreams and the models that are asked there: `UPSTREAMS` and `MODELS`, each a JSON text.
//!
//! ```json
//! [{"name": "openai", "wire": "openai", "url": "https://api.openai.com/v1", "credential": {"secret": "OPENAI_API_KEY"}}]
//! [{"name": "fast", "targets": [{"upstream": "openai", "model": "gpt-4.1-mini"}], "firstContentMs": 3000}]
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::{Reader, Settings, address};
use crate::call::{CallRules, Job};
use crate::fault::{Fault, Path, nearest};
use crate::json::{self, Json};
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;
use crate::upstream::genesys::Endpoints;
use crate::upstream::oauth::ClientCredentials;
use crate::upstream::{Credential, Target, Upstream, Wire, openai};

/// Headers that an upstream's key may be sent in.
const HEADERS: [&str; 6] =
    ["authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key", "x-auth-token"];
/// Longest name of an upstream or a model, in bytes: they are in audit rows and metrics (ours).
const MAX_NAME: usize = 128;
/// Most targets of one model: each may take a whole deadline for first content (ours).
const MAX_TARGETS: usize = 8;
/// The upstream of the short form, which keeps templates and models.
pub const KEEPER: &str = "genesys";

/// The models that clients may ask, by their public names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Models(Vec<Model>);

/// A public name and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Model {
    /// A name, or a beginning and `*`.
    name: String,
    /// Best first; the model's name there may be `*`: what the client asked for.
    targets: Vec<Target>,
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
    /// Whether the configured text may stand in for an answer on the OpenAI front too.
    pub fallback: bool,
}

impl Settings {
    /// Where `job` is sent.
    ///
    /// # Errors
    /// [`Code::ModelNotFound`] where no upstream has the model, [`Code::UnsupportedByUpstream`] where none that has it
    /// can express the request, [`Code::NotConfigured`] for a template that no upstream keeps.
    pub fn route(&self, job: &Job) -> Result<Route, Problem> {
        let Some(request) = job.conversation() else {
            let Some(upstream) = self.keeper() else {
                let detail = "No upstream that keeps templates is configured.";
                return Err(Problem::new(Code::NotConfigured, detail));
            };
            let target = Target { upstream: upstream.clone(), model: job.model_id().to_owned() };
            return Ok(Route { targets: vec![target], rules: self.call.clone(), fallback: true });
        };
        let Some(mut route) = self.models.find(&request.model, &self.call) else {
            let known: Vec<&str> = self.models.names().collect();
            let hint = nearest(&request.model, &known).map(|meant| format!(" Did you mean `{meant}`?"));
            let detail = format!("There is no such model.{}", hint.unwrap_or_default());
            return Err(Problem::new(Code::ModelNotFound, detail));
        };
        let mut cannot = None;
        route.targets.retain(|target| match target.upstream.wire.cannot_express(request) {
            None => true,
            Some(path) => {
                cannot.get_or_insert(path);
                false
            }
        });
        match cannot {
            Some(path) if route.targets.is_empty() => {
                let message = "The model's upstream cannot express this: leave it out, or ask another model.";
                let fault = Fault { path, ..Fault::new(&Path::root(), "unsupported_by_upstream", message) };
                Err(Problem::with_errors(Code::UnsupportedByUpstream, vec![fault]))
            }
            _ => {
                if matches!(job, Job::Completion(_)) && !route.fallback {
                    route.rules.fallback = None;
                }
                Ok(route)
            }
        }
    }
}

impl Models {
    /// One route for every name: the first of `upstreams`.
    pub(super) fn everything(upstreams: &[Arc<Upstream>]) -> Models {
        let target = |upstream: &Arc<Upstream>| Target { upstream: upstream.clone(), model: "*".to_owned() };
        let targets: Vec<_> = upstreams.first().map(target).into_iter().collect();
        let (window, first_content, idle, total) = (None, None, None, None);
        Models(vec![Model { name: "*".to_owned(), targets, window, first_content, idle, total, fallback: false }])
    }

    /// The window of `name` in tokens, if it is configured.
    pub fn window(&self, name: &str) -> Option<u64> {
        self.model(name)?.window
    }

    fn model(&self, name: &str) -> Option<&Model> {
        let fits = |model: &&Model| match model.name.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => model.name == name,
        };
        // An exact name first, then the longest beginning.
        self.0.iter().filter(fits).max_by_key(|model| (!model.name.ends_with('*'), model.name.len()))
    }

    /// Where `name` is asked; `rules` are those of calls whose model has none of its own.
    pub fn find(&self, name: &str, rules: &CallRules) -> Option<Route> {
        let model = self.model(name)?;
        let called = |target: &Target| match target.model.as_str() {
            "*" => Target { model: name.to_owned(), ..target.clone() },
            _ => target.clone(),
        };
        Some(Route {
            targets: model.targets.iter().map(called).collect(),
            rules: CallRules {
                first_content: model.first_content.unwrap_or(rules.first_content),
                idle: model.idle.unwrap_or(rules.idle),
                total: model.total.unwrap_or(rules.total),
                fallback: rules.fallback.clone(),
            },
            fallback: model.fallback,
        })
    }

    /// The public names, without those that stand for many.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|model| model.name.as_str()).filter(|name| !name.ends_with('*'))
    }
}

impl Reader<'_> {
    /// `UPSTREAMS`, and after them the one of the short form.
    pub(super) fn upstreams(&mut self, short: Option<(Endpoints, ClientCredentials)>) -> Vec<Arc<Upstream>> {
        let mut upstreams = Vec::new();
        for (path, item) in self.list("UPSTREAMS") {
            upstreams.extend(self.upstream(&path, &item));
        }
        upstreams.extend(short.map(|(endpoints, credentials)| Upstream {
            name: KEEPER.to_owned(),
            credential: Credential::Client { login: endpoints.login.clone(), client: credentials },
            wire: Wire::Genesys(endpoints),
        }));
        for (index, upstream) in upstreams.iter().enumerate() {
            if upstreams.iter().take(index).any(|earlier| earlier.name == upstream.name) {
                let path = Path::root().name("UPSTREAMS");
                self.wrong(&path, format!("Duplicate name `{}`: each upstream has a name of its own.", upstream.name));
            }
        }
        upstreams.into_iter().map(Arc::new).collect()
    }

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

    fn upstream(&mut self, path: &Path, item: &Json) -> Option<Upstream> {
        self.known(path, item, &["name", "wire", "url", "loginUrl", "credential"]);
        let name = self.name(path, item, "name");
        let wire = self.string(path, item, "wire");
        let url = self.address(path, item, "url");
        let login = item.member("loginUrl").and_then(|_| self.address(path, item, "loginUrl"));
        let wire = match wire.as_deref() {
            Some("openai") => url.map(|url| Wire::OpenAi(openai::Address::new(&url))),
            Some("genesys") => url.map(|api| {
                let login = login.clone().unwrap_or_default();
                Wire::Genesys(Endpoints { api, login })
            }),
            Some(_) => {
                self.wrong(&path.name("wire"), "`wire` must be `openai` or `genesys`.".to_owned());
                None
            }
            None => None,
        };
        let credential = match item.member("credential") {
            None => Some(Credential::Nothing),
            Some(credential) => self.credential(&path.name("credential"), credential, login),
        };
        Some(Upstream { name: name?, wire: wire?, credential: credential? })
    }

    fn credential(&mut self, path: &Path, item: &Json, login: Option<String>) -> Option<Credential> {
        self.known(path, item, &["secret", "header", "prefix", "clientId", "clientSecret"]);
        if item.member("clientId").is_some() || item.member("clientSecret").is_some() {
            let (id, secret) = (self.secret(path, item, "clientId"), self.secret(path, item, "clientSecret"));
            if login.is_none() {
                self.wrong(path, "`loginUrl` is required beside a client: the address of its login.".to_owned());
            }
            return Some(Credential::Client { login: login?, client: ClientCredentials { id: id?, secret: secret? } });
        }
        let secret = self.secret(path, item, "secret");
        let asked = match item.member("header") {
            None => "authorization".to_owned(),
            Some(_) => self.string(path, item, "header")?.to_ascii_lowercase(),
        };
        let Some(header) = HEADERS.into_iter().find(|header| *header == asked) else {
            let hint = nearest(&asked, &HEADERS).map(|meant| format!(" Did you mean `{meant}`?")).unwrap_or_default();
            let message = format!("`header` must be one of {}.{hint}", HEADERS.join(", "));
            self.wrong(&path.name("header"), message);
            return None;
        };
        let prefix = match item.member("prefix") {
            Some(_) => self.string(path, item, "prefix")?,
            None if header == "authorization" => "Bearer ".to_owned(),
            None => String::new(),
        };
        let value = format!("{prefix}{}", secret?.expose());
        Some(Credential::Key(header, Sensitive::new(value)))
    }

    /// The secret that the member `name` names.
    fn secret(&mut self, path: &Path, item: &Json, name: &str) -> Option<Sensitive> {
        let variable = self.string(path, item, name)?;
        let Some(value) = self.get(&variable) else {
            let shown = crate::fault::printable(&variable);
            self.wrong(&path.name(name), format!("There is no secret `{shown}`: set it, or name another."));
            return None;
        };
        // It goes into a header.
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            let message = "The secret holds a line end or a character that no header can: set it again.";
            self.wrong(&path.name(name), message.to_owned());
            return None;
        }
        if value.contains("${") {
            self.wrong(&path.name(name), "The secret holds an unresolved `${…}`: put its value there.".to_owned());
            return None;
        }
        Some(Sensitive::new(value))
    }

    fn model(&mut self, path: &Path, item: &Json, upstreams: &[Arc<Upstream>]) -> Option<Model> {
        self.known(path, item, &["name", "targets", "window", "firstContentMs", "idleMs", "totalMs", "fallback"]);
        let name = self.name(path, item, "name");
        let duration = |reader: &mut Self, name: &str| {
            let value = item.member(name)?;
            let ms = match value {
                Json::Number(number) => number.as_u64().filter(|ms| (1..=600_000).contains(ms)),
                _ => None,
            };
            if ms.is_none() {
                reader.wrong(&path.name(name), format!("`{name}` must be an integer from 1 to 600000."));
            }
            ms.map(Duration::from_millis)
        };
        let (first_content, idle, total) =
            (duration(self, "firstContentMs"), duration(self, "idleMs"), duration(self, "totalMs"));
        let window = match item.member("window") {
            None => None,
            Some(Json::Number(number)) if number.as_u64().is_some_and(|size| (1..=10_000_000).contains(&size)) => {
                number.as_u64()
            }
            Some(_) => {
                self.wrong(&path.name("window"), "`window` must be an integer from 1 to 10000000.".to_owned());
                None
            }
        };
        let fallback = match item.member("fallback") {
            None => false,
            Some(Json::Bool(value)) => *value,
            Some(_) => {
                self.wrong(&path.name("fallback"), "`fallback` must be true or false.".to_owned());
                false
            }
        };
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
            found.push(self.target(&path.name("targets").index(index), target, upstreams));
        }
        let targets = found.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Model { name: name?, targets, window, first_content, idle, total, fallback })
    }

    fn target(&mut self, path: &Path, item: &Json, upstreams: &[Arc<Upstream>]) -> Option<Target> {
        self.known(path, item, &["upstream", "model"]);
        let name = self.string(path, item, "upstream");
        let model = match item.member("model") {
            Some(_) => self.name(path, item, "model"),
            None => Some("*".to_owned()),
        };
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
        Some(Target { upstream: upstream.clone(), model: model? })
    }

    /// The items of the JSON array in the variable `name`, with their paths.
    fn list(&mut self, name: &str) -> Vec<(Path, Json)> {
        let Some(text) = self.get(name) else { return Vec::new() };
        let path = Path::root().name(name);
        match json::parse(text.as_bytes()) {
            Ok(Json::Array(items)) if !items.is_empty() => {
                items.into_iter().enumerate().map(|(index, item)| (path.index(index), item)).collect()
            }
            Ok(_) => {
                self.wrong(&path, format!("{name} must be a JSON array with one object at least."));
                Vec::new()
            }
            Err(faults) => {
                let first = faults.first().map(|fault| fault.message.clone()).unwrap_or_default();
                self.wrong(&path, format!("{name} must be a JSON array. {first}"));
                Vec::new()
            }
        }
    }

    fn wrong(&mut self, path: &Path, message: String) {
        self.faults.extend([Fault::new(path, "bad_variable", message)]);
    }

    /// Names the members that are not `known`.
    fn known(&mut self, path: &Path, item: &Json, known: &[&str]) {
        let Json::Object(members) = item else {
            return self.wrong(path, format!("Expected an object, found {}.", item.kind()));
        };
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let hint = match nearest(name, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are {}.", known.join(", ")),
            };
            self.wrong(&path.name(name), format!("This member is not known: {hint}"));
        }
    }

    fn string(&mut self, path: &Path, item: &Json, name: &str) -> Option<String> {
        match item.member(name) {
            Some(Json::String(text)) if !text.is_empty() => return Some(text.clone()),
            Some(_) => self.wrong(&path.name(name), format!("`{name}` must be a string, and not empty.")),
            None if matches!(item, Json::Object(_)) => self.wrong(&path.name(name), format!("`{name}` is required.")),
            None => {}
        }
        None
    }

    /// A name that may be in logs and metrics.
    fn name(&mut self, path: &Path, item: &Json, name: &str) -> Option<String> {
        let text = self.string(path, item, name)?;
        if text.len() > MAX_NAME || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.wrong(&path.name(name), format!("`{name}` must be 1 to {MAX_NAME} visible ASCII characters."));
            return None;
        }
        Some(text)
    }

    fn address(&mut self, path: &Path, item: &Json, name: &str) -> Option<String> {
        let url = self.string(path, item, name)?;
        if url.contains("${") {
            self.wrong(&path.name(name), format!("`{name}` holds an unresolved `${{…}}`: put its value there."));
            return None;
        }
        if let Err(why) = address::check(&url.replace("{model}", "model")) {
            self.wrong(&path.name(name), format!("`{name}` {why}."));
            return None;
        }
        Some(url.trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::chat::message::Kind;

    const UPSTREAMS: &str = r#"[
        {"name": "openai", "wire": "openai", "url": "https://api.openai.com/v1/", "credential": {"secret": "OPENAI_API_KEY"}},
        {"name": "azure", "wire": "openai",
         "url": "https://n.openai.azure.com/openai/deployments/{model}?api-version=2024-10-21",
         "credential": {"header": "api-key", "secret": "AZURE_KEY"}},
        {"name": "ollama", "wire": "openai", "url": "http://127.0.0.1:11434/v1"}
    ]"#;
    const MODELS: &str = r#"[
        {"name": "fast", "targets": [{"upstream": "openai", "model": "gpt-4.1-mini"}, {"upstream": "azure"}],
         "firstContentMs": 3000, "fallback": true},
        {"name": "local/*", "targets": [{"upstream": "ollama", "model": "llama3"}]},
        {"name": "*", "targets": [{"upstream": "openai"}]}
    ]"#;

    fn read(changes: &[(&'static str, &str)]) -> Result<Settings, Vec<(String, String)>> {
        let keys = format!("t:{}", "0".repeat(64));
        let mut variables: BTreeMap<&str, &str> =
            [("CLIENT_KEYS", keys.as_str()), ("OPENAI_API_KEY", "canary-key"), ("AZURE_KEY", "canary-azure")].into();
        variables.extend(changes.iter().copied());
        Settings::read(|name| variables.get(name).map(|value| (*value).to_owned())).map_err(|problem| {
            assert!(!format!("{problem:?}").contains("canary"), "{problem:?}");
            problem.errors.iter().map(|fault| (fault.path.clone(), fault.message.clone())).collect()
        })
    }

    #[test]
    fn models_lead_to_upstreams() {
        let settings = read(&[("UPSTREAMS", UPSTREAMS), ("MODELS", MODELS)]).unwrap();
        assert!(!format!("{settings:?}").contains("canary"));
        let find = |name: &str| settings.models.find(name, &settings.call).unwrap();
        let places = |route: &Route| -> Vec<String> {
            let address = |target: &Target| match &target.upstream.wire {
                Wire::OpenAi(address) => address.of(Kind::Chat, &target.model),
                Wire::Genesys(endpoints) => endpoints.api.clone(),
            };
            route.targets.iter().map(|target| format!("{} {}", target.model, address(target))).collect()
        };
        let fast = find("fast");
        assert_eq!(
            places(&fast),
            [
                "gpt-4.1-mini https://api.openai.com/v1/chat/completions",
                "fast https://n.openai.azure.com/openai/deployments/fast/chat/completions?api-version=2024-10-21",
            ]
        );
        assert_eq!((fast.rules.first_content, fast.rules.idle), (Duration::from_secs(3), settings.call.idle));
        assert!(fast.fallback && !find("x").fallback);
        assert_eq!(places(&find("local/any")), ["llama3 http://127.0.0.1:11434/v1/chat/completions"]);
        assert_eq!(places(&find("gpt-4o")), ["gpt-4o https://api.openai.com/v1/chat/completions"]);
        assert_eq!(settings.models.names().collect::<Vec<_>>(), ["fast"]);
        let header = |at: usize| settings.upstreams[at].credential.header(&Sensitive::default()).unwrap();
        assert_eq!((header(0).0, header(0).1.expose()), ("authorization", "Bearer canary-key"));
        assert_eq!((header(1).0, header(1).1.expose()), ("api-key", "canary-azure"));
        assert_eq!(settings.upstreams[2].credential, Credential::Nothing);
    }

    #[test]
    fn without_models_the_first_upstream_has_all() {
        let settings = read(&[("UPSTREAMS", UPSTREAMS)]).unwrap();
        assert_eq!(settings.models.find("any", &settings.call).unwrap().targets[0].upstream.name, "openai");
        let short = [("UPSTREAM_CLIENT_ID", "id"), ("UPSTREAM_CLIENT_SECRET", "s")];
        let settings = read(&short).unwrap();
        assert_eq!(settings.models.find("any", &settings.call).unwrap().targets[0].upstream.name, KEEPER);
        let both = [short[0], short[1], ("UPSTREAMS", UPSTREAMS)];
        assert_eq!(read(&both).unwrap().upstreams.len(), 4);
    }

    #[test]
    fn every_fault_at_once_with_the_nearest_name() {
        let faults = read(&[
            ("UPSTREAMS", r#"[{"name":"a b","wire":"open","url":"http://canary.example","credentials":{}},
                {"name":"openai","wire":"openai","url":"https://${canary}","credential":{"secret":"OPENAI_KEY"}},
                {"name":"x","wire":"openai","url":"https://x.example","credential":{"secret":"BAD","header":"x-apikey"}}, 5]"#),
            ("BAD", "canary\nx"),
            ("MODELS", r#"[{"name":"m","targets":[{"upstream":"opnai"}],"idleMs":0},{"targets":[]}]"#),
        ])
        .unwrap_err();
        let paths: Vec<&str> = faults.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "$.UPSTREAMS[0].credentials",
                "$.UPSTREAMS[0].name",
                "$.UPSTREAMS[0].url",
                "$.UPSTREAMS[0].wire",
                "$.UPSTREAMS[1].url",
                "$.UPSTREAMS[1].credential.secret",
                "$.UPSTREAMS[2].credential.secret",
                "$.UPSTREAMS[2].credential.header",
                "$.UPSTREAMS[3]",
                "$.MODELS[0].idleMs",
                "$.MODELS[0].targets[0].upstream",
                "$.MODELS[1].name",
                "$.MODELS[1].targets",
            ]
        );
        assert!(faults[0].1.contains("`credential`") && faults[7].1.contains("`x-api-key`"), "{faults:?}");
        for (name, value) in [("UPSTREAMS", "{}"), ("UPSTREAMS", "[]"), ("UPSTREAMS", "[1"), ("MODELS", "3")] {
            assert!(read(&[(name, value), ("UPSTREAM_CLIENT_ID", "i"), ("UPSTREAM_CLIENT_SECRET", "s")]).is_err());
        }
    }
}
