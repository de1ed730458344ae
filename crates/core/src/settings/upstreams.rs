//! Where models are: `UPSTREAMS`, a JSON text.
//!
//! ```json
//! [{"name": "openai", "wire": "openai", "url": "https://api.openai.com/v1", "credential": {"secret": "OPENAI_API_KEY"}}]
//! ```

use std::sync::Arc;

use super::Reader;
use super::members::NO_SECRET;
use crate::fault::Path;
use crate::json::Json;
use crate::sensitive::Sensitive;
use crate::upstream::genesys::Endpoints;
use crate::upstream::oauth::ClientCredentials;
use crate::upstream::{Credential, Provider, Upstream, Wire, openai};

/// The upstream of the short form, which keeps templates and models.
pub const KEEPER: &str = "genesys";

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
            idempotent: true,
            provider: None,
        }));
        for (index, upstream) in upstreams.iter().enumerate() {
            if upstreams.iter().take(index).any(|earlier| earlier.name == upstream.name) {
                let path = Path::root().name("UPSTREAMS");
                self.wrong(&path, format!("Duplicate name `{}`: each upstream has a name of its own.", upstream.name));
            }
        }
        upstreams.into_iter().map(Arc::new).collect()
    }

    fn upstream(&mut self, path: &Path, item: &Json) -> Option<Upstream> {
        self.known(path, item, &["name", "wire", "url", "loginUrl", "credential", "idempotent", "provider"]);
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
        let idempotent = self.flag(path, item, "idempotent");
        let wire = wire?;
        let provider = self.provider(path, item, &wire);
        let idempotent = idempotent.unwrap_or(wire.is_idempotent());
        Some(Upstream { name: name?, wire, credential: credential?, idempotent, provider })
    }

    /// Which provider it is: one that can be asked whether it takes a key.
    fn provider(&mut self, path: &Path, item: &Json, wire: &Wire) -> Option<Provider> {
        item.member("provider")?;
        let named = self.string(path, item, "provider")?;
        let known = Provider::named(&named);
        let path = path.name("provider");
        if known.is_none() {
            self.wrong(&path, "`provider` must be `openai`, `azure`, `anthropic` or `bedrock`.".to_owned());
        } else if !wire.lists_models() {
            let message = "`provider` is for upstreams whose list of models can be asked for: the wire `openai`, without \
                           `{model}` in `url`.";
            self.wrong(&path, message.to_owned());
        }
        known
    }

    fn credential(&mut self, path: &Path, item: &Json, login: Option<String>) -> Option<Credential> {
        self.known(path, item, &["secret", "header", "prefix", "clientId", "clientSecret", "scope"]);
        if item.member("clientId").is_some() || item.member("clientSecret").is_some() {
            let (id, secret) = (self.secret(path, item, "clientId"), self.secret(path, item, "clientSecret"));
            if login.is_none() {
                self.wrong(path, "`loginUrl` is required beside a client: the address of its login.".to_owned());
            }
            let scope = match item.member("scope") {
                None => None,
                Some(_) => self.string(path, item, "scope"),
            };
            if scope.as_deref().is_some_and(|scope| !super::reader::is_scope(scope)) {
                let message =
                    format!("`scope` must be scopes with spaces between them: {}.", super::reader::SCOPE_FORM);
                self.wrong(&path.name("scope"), message);
            }
            let client = ClientCredentials { id: id?, secret: secret?, scope };
            return Some(Credential::Client { login: login?, client });
        }
        let secret = self.secret(path, item, "secret");
        let header = match item.member("header") {
            None => "authorization".to_owned(),
            Some(_) => self.header(path, item, "header")?,
        };
        let prefix = match item.member("prefix") {
            Some(_) => self.string(path, item, "prefix")?,
            None if header == "authorization" => "Bearer ".to_owned(),
            None => String::new(),
        };
        let value = format!("{prefix}{}", secret?.expose());
        Some(Credential::Key(header.into(), Sensitive::new(value)))
    }

    /// The secret that the member `name` names.
    fn secret(&mut self, path: &Path, item: &Json, name: &str) -> Option<Sensitive> {
        let variable = self.string(path, item, name)?;
        let Some(value) = self.get(&variable) else {
            self.wrong(&path.name(name), NO_SECRET.to_owned());
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
}
