//! Where webhooks go: `WEBHOOKS`, a JSON text, and the short form for one destination that takes everything.
//!
//! ```json
//! [{"name": "governance", "url": "https://governance.example/hooks", "events": ["llm_config_change", "template.*"],
//!   "secrets": ["GOVERNANCE_SECRET"]}]
//! ```

use super::members::NO_SECRET;
use super::{Reader, address};
use crate::fault::{Path, nearest};
use crate::governance::webhook::{Destination, Destinations, Family};
use crate::json::Json;
use crate::sensitive::{Bytes, Sensitive};

/// The destination of the short form.
const DEFAULT: &str = "default";
/// Longest name: it is in addresses, logs and metrics (ours).
const MAX_NAME: usize = 64;
/// Most destinations (ours): every event is stored once for each that wants it.
const MAX_DESTINATIONS: usize = 16;
/// Most secrets of one: the new one and the old one.
const MAX_SECRETS: usize = 2;

impl Reader<'_> {
    /// `WEBHOOKS`, and before them the one of the short form.
    pub(super) fn webhooks(&mut self) -> Destinations {
        let mut all: Vec<Destination> = self.short_webhook().into_iter().collect();
        for (path, item) in self.list("WEBHOOKS") {
            let Some(destination) = self.destination(&path, &item) else { continue };
            if all.iter().any(|earlier| earlier.name == destination.name) {
                let message = format!("Duplicate name `{}`: each destination has a name of its own.", destination.name);
                self.wrong(&path.name("name"), message);
            }
            all.push(destination);
        }
        if all.len() > MAX_DESTINATIONS {
            let message = format!("WEBHOOKS has more than {MAX_DESTINATIONS} destinations.");
            self.wrong(&Path::root().name("WEBHOOKS"), message);
        }
        Destinations(all)
    }

    /// `WEBHOOK_URL`, `WEBHOOK_SECRET` and `WEBHOOK_PRIVATE`.
    fn short_webhook(&mut self) -> Option<Destination> {
        let url = self.url("WEBHOOK_URL")?;
        let private = match self.get("WEBHOOK_PRIVATE").as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.fault("WEBHOOK_PRIVATE", "bad_variable", "WEBHOOK_PRIVATE must be true or false.");
                true
            }
        };
        if !private && address::is_private(&url) {
            let message = "WEBHOOK_URL is an address of this machine or a private network: set WEBHOOK_PRIVATE to true \
                           if it should be.";
            self.fault("WEBHOOK_URL", "bad_variable", message);
        }
        let text = self.get("WEBHOOK_SECRET").unwrap_or_default();
        let secrets: Vec<&str> = text.split_whitespace().collect();
        let keys: Vec<Bytes> = secrets.iter().filter_map(|secret| Destination::key(secret)).collect();
        if keys.len() != secrets.len() || keys.len() > MAX_SECRETS {
            let message = "WEBHOOK_SECRET must be `whsec_` and 24 to 64 bytes in base64; two with a space between them \
                           while one replaces the other.";
            self.fault("WEBHOOK_SECRET", "bad_variable", message);
        }
        let (name, families) = (DEFAULT.to_owned(), Family::ALL.to_vec());
        Some(Destination { name, url: Sensitive::new(url), families, keys, private })
    }

    fn destination(&mut self, path: &Path, item: &Json) -> Option<Destination> {
        self.known(path, item, &["name", "url", "events", "secrets", "private"]);
        let name = self.destination_name(path, item);
        // What is wrongly said is said once.
        let private = match item.member("private") {
            None => false,
            Some(_) => self.flag(path, item, "private").unwrap_or(true),
        };
        let url = self.address(path, item, "url");
        if !private && url.as_deref().is_some_and(address::is_private) {
            let message = "`url` is an address of this machine or a private network: add `\"private\": true` if it \
                           should be.";
            self.wrong(&path.name("url"), message.to_owned());
        }
        let families = self.families(path, item);
        let keys = self.keys(path, item);
        Some(Destination { name: name?, url: Sensitive::new(url?), families: families?, keys: keys?, private })
    }

    fn destination_name(&mut self, path: &Path, item: &Json) -> Option<String> {
        let name = self.string(path, item, "name")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.len() > MAX_NAME || !name.chars().all(plain) || name.starts_with('.') {
            let message =
                format!("`name` must be 1 to {MAX_NAME} letters, digits and `.`, `_`, `-`, and not begin with `.`.");
            self.wrong(&path.name("name"), message);
            return None;
        }
        Some(name)
    }

    /// The families of `events`; all, where it is not there.
    fn families(&mut self, path: &Path, item: &Json) -> Option<Vec<Family>> {
        let Some(events) = item.member("events") else { return Some(Family::ALL.to_vec()) };
        let known = Family::ALL.map(Family::as_str);
        let Json::Array(names) = events else {
            self.wrong(&path.name("events"), format!("`events` must be an array of {}.", known.join(", ")));
            return None;
        };
        let mut families = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let text = name.text().unwrap_or_default();
            match Family::named(text) {
                Some(family) if !families.contains(&family) => families.push(family),
                Some(_) => {}
                None => {
                    let hint = nearest(text, &known).map(|meant| format!(" Did you mean `{meant}`?"));
                    let message = format!("There are the events {}.{}", known.join(", "), hint.unwrap_or_default());
                    self.wrong(&path.name("events").index(index), message);
                }
            }
        }
        if families.is_empty() {
            self.wrong(&path.name("events"), "`events` is empty: name one, or leave it out for all.".to_owned());
        }
        Some(families)
    }

    /// The keys in the secrets that `secrets` names.
    fn keys(&mut self, path: &Path, item: &Json) -> Option<Vec<Bytes>> {
        let path = path.name("secrets");
        let names = match item.member("secrets") {
            None => return Some(Vec::new()),
            Some(Json::Array(names)) if (1..=MAX_SECRETS).contains(&names.len()) => names,
            Some(_) => {
                let message = "`secrets` must be an array of the name of one secret, or of two while one replaces the \
                               other.";
                self.wrong(&path, message.to_owned());
                return None;
            }
        };
        let mut keys = Vec::new();
        for (index, name) in names.iter().enumerate() {
            let path = path.index(index);
            match name.text().and_then(|name| self.get(name)) {
                None => self.wrong(&path, NO_SECRET.to_owned()),
                Some(value) => match Destination::key(&value) {
                    Some(key) => keys.push(key),
                    None => self.wrong(&path, "The secret must be `whsec_` and 24 to 64 bytes in base64.".to_owned()),
                },
            }
        }
        Some(keys)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::problem::Problem;
    use crate::settings::Settings;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(variables: &[(&'static str, &str)]) -> Result<Destinations, Problem> {
        let keys = format!("t:{}", "0".repeat(64));
        let mut all: BTreeMap<&str, &str> = [
            ("CLIENT_KEYS", keys.as_str()),
            ("UPSTREAM_CLIENT_ID", "id"),
            ("UPSTREAM_CLIENT_SECRET", "s"),
            ("NEW", SECRET),
            ("OLD", SECRET),
            ("BAD", "canary"),
        ]
        .into();
        all.extend(variables.iter().copied());
        Settings::read(|name| all.get(name).map(|value| (*value).to_owned())).map(|settings| settings.webhooks)
    }

    fn faults(variables: &[(&'static str, &str)]) -> Vec<String> {
        let problem = read(variables).unwrap_err();
        assert!(!format!("{problem:?}").contains("canary"), "{problem:?}");
        problem.errors.into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn a_destination_for_each_family() {
        let text = r#"[{"name": "cost", "url": "https://cost.example/x/", "events": ["llm_prompt_completed"]},
            {"name": "ai-governance", "url": "https://10.0.0.7/hooks", "private": true, "secrets": ["NEW", "OLD"]}]"#;
        let all = read(&[("WEBHOOKS", text), ("WEBHOOK_URL", "https://hooks.example"), ("WEBHOOK_SECRET", SECRET)]);
        let all = all.unwrap();
        let names = |family| all.of(family).map(|to| to.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names(Family::PromptCompleted), ["default", "cost", "ai-governance"]);
        assert_eq!(names(Family::Template), ["default", "ai-governance"]);
        assert_eq!(all.0.iter().map(|to| to.keys.len()).collect::<Vec<_>>(), [1, 0, 2]);
        let two = format!("{SECRET} {SECRET}");
        let short = read(&[("WEBHOOK_URL", "https://hooks.example"), ("WEBHOOK_SECRET", &two)]).unwrap();
        assert_eq!(short.0[0].keys.len(), 2);
        assert!(!read(&[]).unwrap().want(Family::Limit));
    }

    #[test]
    fn every_fault_is_named_and_no_value() {
        let of = |members: &str| format!(r#"[{{"name": "a", "url": "https://a.example"{members}}}]"#);
        for (text, path) in [
            ("canary".to_owned(), "$.WEBHOOKS"),
            ("{}".into(), "$.WEBHOOKS"),
            ("[]".into(), "$.WEBHOOKS"),
            ("[1]".into(), "$.WEBHOOKS[0]"),
            (of(r#", "evnts": []"#), "$.WEBHOOKS[0].evnts"),
            (of(r#", "events": []"#), "$.WEBHOOKS[0].events"),
            (of(r#", "events": "template.*""#), "$.WEBHOOKS[0].events"),
            (of(r#", "events": ["template.*", "template"]"#), "$.WEBHOOKS[0].events[1]"),
            (of(r#", "secrets": ["NONE"]"#), "$.WEBHOOKS[0].secrets[0]"),
            (of(r#", "secrets": ["whsec_canary"]"#), "$.WEBHOOKS[0].secrets[0]"),
            (of(r#", "secrets": ["BAD"]"#), "$.WEBHOOKS[0].secrets[0]"),
            (of(r#", "secrets": []"#), "$.WEBHOOKS[0].secrets"),
            (of(r#", "secrets": ["NEW", "OLD", "NEW"]"#), "$.WEBHOOKS[0].secrets"),
            (of(r#", "private": 1"#), "$.WEBHOOKS[0].private"),
            (r#"[{"name": "a/b", "url": "https://a.example"}]"#.into(), "$.WEBHOOKS[0].name"),
            (r#"[{"name": "..", "url": "https://a.example"}]"#.into(), "$.WEBHOOKS[0].name"),
            (r#"[{"name": "a", "url": "http://canary.example"}]"#.into(), "$.WEBHOOKS[0].url"),
            (r#"[{"name": "a", "url": "https://192.168.1.1/canary"}]"#.into(), "$.WEBHOOKS[0].url"),
            (r#"[{"name": "a", "url": "http://localhost:1"}]"#.into(), "$.WEBHOOKS[0].url"),
        ] {
            assert_eq!(faults(&[("WEBHOOKS", &text)]).first().map(String::as_str), Some(path), "{text}");
        }
        let twice = r#"[{"name": "a", "url": "https://a.example"}, {"name": "a", "url": "https://b.example"}]"#;
        assert_eq!(faults(&[("WEBHOOKS", twice)]), ["$.WEBHOOKS[1].name"]);
        let url = ("WEBHOOK_URL", "https://hooks.example");
        assert_eq!(faults(&[url, ("WEBHOOK_SECRET", "canary")]), ["$.WEBHOOK_SECRET"]);
        assert_eq!(faults(&[url, ("WEBHOOK_PRIVATE", "canary")]), ["$.WEBHOOK_PRIVATE"]);
        let local = ("WEBHOOK_URL", "http://127.0.0.1:8080/canary");
        assert_eq!(faults(&[local]), ["$.WEBHOOK_URL"]);
        assert_eq!(faults(&[local, ("WEBHOOK_PRIVATE", "false")]), ["$.WEBHOOK_URL"]);
        assert!(read(&[local, ("WEBHOOK_PRIVATE", "true")]).is_ok());
    }
}
