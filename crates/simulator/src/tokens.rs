//! OAuth tokens that were issued, and whether they still hold.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// Scopes that the one client may have (requirements, row U5).
pub(crate) const SCOPES: &[&str] = &[
    "ai:gateway:manage",
    "ai:gateway:read",
    "ai:llm-gateway:read",
    "ai:llm-gateway:write",
    "ai:llm:manage",
    "ai:models:read",
    "ai:models:write",
    "analytics:llm-gateway:view",
    "integrations:webhook:manage",
    "llm-gateway:prompt-template:manage",
    "llm-gateway:prompt-template:view",
];

/// Tokens past this number push out the ones that expire first.
const TOKENS_KEPT: usize = 10_000;

/// The tokens of one simulator.
#[derive(Default)]
pub(crate) struct Tokens {
    valid: BTreeMap<String, Grant>,
    issued: u64,
    /// What the client may do at most; `None` is everything.
    client: Option<Vec<&'static str>>,
}

struct Grant {
    expires: Option<Instant>,
    scopes: Vec<&'static str>,
}

/// What a bearer token allows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    /// The token holds and has the scope.
    Allowed,
    /// The token holds but lacks the scope: 403.
    MissingScope,
    /// Unknown, expired or forgotten: 401.
    Invalid,
}

impl Tokens {
    /// Issues a token that holds for `life` from now.
    pub(crate) fn issue(&mut self, life: Duration, scopes: Vec<&'static str>) -> String {
        self.issued += 1;
        // The time makes tokens of an earlier process worthless, whatever the seed.
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let digest = Sha256::digest(format!("{nanos} {}", self.issued));
        let token: String = digest.iter().take(24).map(|byte| format!("{byte:02x}")).collect();
        let now = Instant::now();
        if self.valid.len() >= TOKENS_KEPT {
            self.valid.retain(|_, grant| grant.expires.is_none_or(|at| at > now));
        }
        if self.valid.len() >= TOKENS_KEPT {
            self.valid.pop_first();
        }
        self.valid.insert(token.clone(), Grant { expires: now.checked_add(life), scopes });
        token
    }

    /// Whether `token` may be used where `scope` is needed.
    pub(crate) fn validity(&self, token: &str, scope: &str) -> Validity {
        match self.valid.get(token) {
            Some(grant) if grant.expires.is_some_and(|at| at <= Instant::now()) => Validity::Invalid,
            Some(grant) if covers(&grant.scopes, scope) && covers(self.client_scopes(), scope) => Validity::Allowed,
            Some(_) => Validity::MissingScope,
            None => Validity::Invalid,
        }
    }

    /// The scopes that the client has.
    pub(crate) fn client_scopes(&self) -> &[&'static str] {
        self.client.as_deref().unwrap_or(SCOPES)
    }

    /// Gives the client these scopes (`None`: all), which holds for its tokens at once.
    pub(crate) fn set_client_scopes(&mut self, scopes: Option<Vec<&'static str>>) {
        self.client = scopes;
    }

    /// Every token becomes invalid now.
    pub(crate) fn expire_all(&mut self) {
        self.valid.clear();
    }

    /// Counts from nothing again, and the client has all scopes; the tokens stay valid.
    pub(crate) fn reset(&mut self) {
        self.issued = 0;
        self.client = None;
    }

    /// Tokens issued since the last reset.
    pub(crate) fn issued(&self) -> u64 {
        self.issued
    }
}

/// Whether who has `scopes` may do what needs `scope`: who manages cached templates may read them (section 9).
fn covers(scopes: &[&'static str], scope: &str) -> bool {
    scopes.contains(&scope) || scope == "ai:gateway:read" && scopes.contains(&"ai:gateway:manage")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_holds_until_it_expires() {
        let mut tokens = Tokens::default();
        let token = tokens.issue(Duration::from_secs(60), vec!["ai:llm-gateway:write"]);
        assert_eq!(tokens.validity(&token, "ai:llm-gateway:write"), Validity::Allowed);
        assert_eq!(tokens.validity(&token, "ai:models:read"), Validity::MissingScope);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(tokens.validity(&token, "ai:llm-gateway:write"), Validity::Invalid);
    }

    #[tokio::test]
    async fn the_clients_scopes_bound_those_of_its_tokens() {
        let mut tokens = Tokens::default();
        let token = tokens.issue(Duration::MAX, SCOPES.to_vec());
        tokens.set_client_scopes(Some(vec!["ai:models:read"]));
        assert_eq!(tokens.validity(&token, "ai:models:read"), Validity::Allowed);
        assert_eq!(tokens.validity(&token, "ai:models:write"), Validity::MissingScope);
        tokens.reset();
        assert_eq!(tokens.validity(&token, "ai:models:write"), Validity::Allowed);
    }

    #[tokio::test]
    async fn tokens_differ_and_can_be_expired() {
        let mut tokens = Tokens::default();
        let (a, b) = (tokens.issue(Duration::MAX, SCOPES.to_vec()), tokens.issue(Duration::MAX, SCOPES.to_vec()));
        assert_ne!(a, b);
        tokens.expire_all();
        assert_eq!(tokens.validity(&a, "ai:models:read"), Validity::Invalid);
        assert_eq!(tokens.issued(), 2);
    }
}
