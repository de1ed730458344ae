//! Why something of a model did not come about, in a form that can be stored and shown.

use promptgate_guard::{Action, Guard, Policy, Role};
use serde::{Deserialize, Serialize};

use super::definition::Credentials;
use crate::problem::{Code, Problem};
use crate::sensitive::Sensitive;

/// Longest part of upstream's reason that is shown, in characters (no source; ours).
const MAX_REASON: usize = 200;

/// A code for programs and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// That of a [`Problem`], or [`Failure::UPSTREAM`] or [`Failure::TIMEOUT`].
    pub code: String,
    /// What happened, and what to do.
    pub detail: String,
}

impl Failure {
    /// Upstream reports that the model has failed.
    pub const UPSTREAM: &'static str = "provisioning_failed";
    /// Upstream has not reported how it ended, however often it was asked.
    pub const TIMEOUT: &'static str = "provisioning_timeout";

    /// The failure that `problem` is.
    pub(super) fn of(problem: &Problem) -> Failure {
        Failure { code: problem.code.as_str().to_owned(), detail: problem.detail.clone() }
    }

    /// Upstream has the model no more.
    pub(super) fn lost() -> Failure {
        let detail = "The upstream no longer has this model. Submit its definition again: it is provisioned anew.";
        Failure { code: Code::ModelLost.as_str().to_owned(), detail: detail.to_owned() }
    }

    /// The failure as a problem for a client that waits for it.
    pub fn problem(&self) -> Problem {
        let code = Code::ALL.iter().copied().find(|code| code.as_str() == self.code).unwrap_or(Code::UpstreamError);
        Problem::new(code, self.detail.clone())
    }
}

/// Upstream's reason for a failed model, fit to be shown: the credentials taken out wherever they are, then all
/// that the guard knows as a secret or personal, cut to [`MAX_REASON`] characters.
pub(super) fn reason(reason: Option<&Sensitive>, credentials: Option<&Credentials>) -> String {
    let Some(reason) = reason else {
        return "The upstream could not provide the model and does not say why.".to_owned();
    };
    let mut text = reason.expose().to_owned();
    if let Some(credentials) = credentials {
        let secrets = [Some(&credentials.api_key), credentials.endpoint.as_ref()];
        for secret in secrets.into_iter().flatten() {
            text = text.replace(secret.expose(), "[withheld]");
        }
    }
    let (text, _) = Guard::new(&Policy::all(Action::Redact)).redact(&text, Role::Tool);
    let shown: String = text.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
    format!("The upstream could not provide the model: {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_keep_no_secret() {
        let credentials = Credentials {
            api_key: Sensitive::new("canary-key-0"),
            endpoint: Some(Sensitive::new("https://canary.example")),
        };
        let given = "Incorrect key 'canary-key-0' at https://canary.example;\r\n see a@example.com, sk-proj-0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij";
        let shown = reason(Some(&Sensitive::new(given)), Some(&credentials));
        assert!(shown.contains("Incorrect key '[withheld]' at [withheld];"), "{shown}");
        for secret in ["canary", "a@example.com", "0123456789abcdefghij", "\r"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        let long = reason(Some(&Sensitive::new("x ".repeat(100_000))), None);
        assert!(long.chars().count() < 2 * MAX_REASON);
    }
}
