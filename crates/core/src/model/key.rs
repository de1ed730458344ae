//! Whether its provider takes the key of a definition (requirements, C1), asked once when the definition is submitted: of an
//! upstream that the operator calls that provider, never at an address out of the definition.

use std::sync::Arc;

use super::Submission;
use crate::fault::{Fault, Path};
use crate::http::{Head, HttpRequest};
use crate::problem::{Code, Problem};
use crate::upstream::Upstream;

impl Submission {
    /// What asks whether the provider takes the key. None where no upstream is the provider, and for a key that belongs to
    /// an address of its own.
    pub fn key_question(&self, upstreams: &[Arc<Upstream>]) -> Option<HttpRequest> {
        if self.credentials.endpoint.is_some() {
            return None;
        }
        let provider = Some(self.definition.provider);
        let upstream = upstreams.iter().find(|upstream| upstream.provider == provider)?;
        upstream.key_request(&self.credentials.api_key)
    }
}

/// Whether the provider has said that it takes the key; `head` is its answer, none where none came.
///
/// # Errors
/// [`Code::InvalidRequest`] where it does not take it.
pub fn key_verdict(head: Option<&Head>) -> Result<bool, Problem> {
    match head.map(|head| head.status) {
        Some(401) => {
            let message = "The provider does not take this key: send one that it takes. Nothing was provisioned.";
            Err(Problem::with_errors(Code::InvalidRequest, vec![Fault::new(&path(), "key_refused", message)]))
        }
        // Who may not list models, or not so often, or where there is no list, may have a good key.
        Some(200..=299) => Ok(true),
        Some(_) | None => Ok(false),
    }
}

/// The warning for a key of which the provider has said nothing.
pub(super) fn unchecked() -> Fault {
    let message = "The provider could not be asked whether it takes this key: if it does not, provisioning fails.";
    Fault::new(&path(), "key_unchecked", message)
}

fn path() -> Path {
    Path::root().name("credentials").name("apiKey")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::definition;
    use crate::sensitive::Sensitive;
    use crate::upstream::openai::Address;
    use crate::upstream::{Credential, Provider, Wire};

    fn upstream(provider: Option<Provider>) -> Arc<Upstream> {
        Arc::new(Upstream {
            name: "own".into(),
            wire: Wire::OpenAi(Address::new("https://provider.example/v1")),
            credential: Credential::Key("authorization".into(), Sensitive::new("Bearer ours")),
            idempotent: false,
            provider,
        })
    }

    // Row C1.
    #[test]
    fn only_an_upstream_that_is_the_provider_is_asked() {
        let question = |change: &dyn Fn(&mut serde_json::Value), upstream: Arc<Upstream>| {
            let mut document = definition();
            document["credentials"].as_object_mut().unwrap().remove("endpoint");
            change(&mut document);
            Submission::parse(document.to_string().as_bytes()).unwrap().key_question(&[upstream])
        };
        let keep = |_: &mut serde_json::Value| {};
        let asked = question(&keep, upstream(Some(Provider::OpenAi))).unwrap();
        assert_eq!((asked.method, asked.url.as_str()), ("GET", "https://provider.example/v1/models"));
        let own = definition()["credentials"]["apiKey"].as_str().unwrap().to_owned();
        let sent: Vec<&str> = asked.headers.iter().map(|(_, value)| value.expose()).collect();
        assert_eq!(sent, ["application/json", &format!("Bearer {own}")]);
        assert!(!format!("{asked:?}").contains(&own));
        for other in [None, Some(Provider::Azure)] {
            assert_eq!(question(&keep, upstream(other)), None);
        }
        // An address out of a body is never asked, and a key that belongs there goes nowhere else.
        let elsewhere = |document: &mut serde_json::Value| {
            document["credentials"]["endpoint"] = "https://elsewhere.example/v1".into();
        };
        assert_eq!(question(&elsewhere, upstream(Some(Provider::OpenAi))), None);
    }

    // Row C1.
    #[test]
    fn what_the_answer_says() {
        let head = |status| Head { status, headers: vec![] };
        for (status, said) in
            [(200, true), (403, false), (404, false), (429, false), (302, false), (500, false), (0, false)]
        {
            assert_eq!(key_verdict(Some(&head(status))).unwrap(), said, "{status}");
        }
        assert!(!key_verdict(None).unwrap());
        let problem = key_verdict(Some(&head(401))).unwrap_err();
        assert_eq!((problem.code, problem.errors[0].path.as_str()), (Code::InvalidRequest, "$.credentials.apiKey"));
    }
}
