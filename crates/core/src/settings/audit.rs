//! The audit log: the key that signs its heads, when, and how long rows are kept.

use super::Reader;
use crate::governance::chain::{Policy, SigningKey};

/// An hour: what somebody could make anew before it is signed (ours).
const CHECKPOINT_MS: u64 = 60 * 60 * 1000;
/// Longest time that is taken, in milliseconds: a hundred years.
const MOST_MS: u64 = 100 * 365 * 24 * 60 * 60 * 1000;

impl Reader<'_> {
    /// `AUDIT_SIGNING_KEY`.
    pub(super) fn audit_signing_key(&mut self) -> Option<SigningKey> {
        const NAME: &str = "AUDIT_SIGNING_KEY";
        let text = self.get(NAME)?;
        let key = SigningKey::parse(&text);
        if key.is_none() {
            let message = "AUDIT_SIGNING_KEY must be a key as `promptgate audit key NAME` makes it: PRIVATE+KEY+….";
            self.fault(NAME, "bad_variable", message);
        }
        key
    }

    /// `AUDIT_CHECKPOINT` and `AUDIT_KEEP`.
    pub(super) fn audit_policy(&mut self) -> Policy {
        let checkpoint_ms = self.duration("AUDIT_CHECKPOINT").unwrap_or(CHECKPOINT_MS);
        let keep_ms = self.duration("AUDIT_KEEP");
        if keep_ms.is_some() && self.get("AUDIT_SIGNING_KEY").is_none() {
            let message = "AUDIT_KEEP needs AUDIT_SIGNING_KEY: a signed checkpoint stands in the place of rows that are \
                           let go.";
            self.fault("AUDIT_KEEP", "bad_variable", message);
        }
        Policy { checkpoint_ms, keep_ms }
    }

    /// A number with `s`, `m`, `h` or `d` behind it, in milliseconds.
    fn duration(&mut self, name: &str) -> Option<u64> {
        let text = self.get(name)?;
        let unit = match text.chars().next_back() {
            Some('s') => Some(1_000),
            Some('m') => Some(60_000),
            Some('h') => Some(3_600_000),
            Some('d') => Some(86_400_000),
            _ => None,
        };
        let digits = text.get(..text.len().saturating_sub(1)).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let number: Option<u64> = digits.and_then(|digits| digits.parse().ok());
        let duration = number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
        let duration = duration.filter(|ms| (1..=MOST_MS).contains(ms));
        if duration.is_none() {
            self.fault(name, "bad_variable", format!("{name} must be a time such as 30m, 12h or 400d."));
        }
        duration
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    const KEY: &str = "PRIVATE+KEY+gateway.example/audit+c74f20a3+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        let keys = format!("t:{}", "0".repeat(64));
        let others = [("CLIENT_KEYS", keys.as_str()), ("UPSTREAM_CLIENT_ID", "id"), ("UPSTREAM_CLIENT_SECRET", "s")];
        let find = |name: &str| others.iter().chain(variables).find(|(known, _)| *known == name);
        Settings::read(|name| find(name).map(|(_, value)| (*value).to_owned())).map_err(|problem| {
            assert!(!format!("{problem:?}").contains("canary"));
            problem.errors.into_iter().map(|fault| fault.path).collect()
        })
    }

    #[test]
    fn times_and_keys() {
        let policy = read(&[]).unwrap().audit_policy;
        assert_eq!((policy.checkpoint_ms, policy.keep_ms), (3_600_000, None));
        let set = [("AUDIT_SIGNING_KEY", KEY), ("AUDIT_CHECKPOINT", "30m"), ("AUDIT_KEEP", "400d")];
        let settings = read(&set).unwrap();
        assert_eq!(settings.audit_policy.keep_ms, Some(400 * 86_400_000));
        assert_eq!(settings.audit_signing_key.unwrap().name, "gateway.example/audit");
        for (name, value) in [
            ("AUDIT_SIGNING_KEY", "canary"),
            ("AUDIT_CHECKPOINT", "0s"),
            ("AUDIT_CHECKPOINT", "60"),
            ("AUDIT_CHECKPOINT", "-1h"),
            ("AUDIT_CHECKPOINT", "1.5h"),
            ("AUDIT_CHECKPOINT", "99999999999999999999d"),
            ("AUDIT_CHECKPOINT", "d"),
            ("AUDIT_CHECKPOINT", "1é"),
            ("AUDIT_KEEP", "400d"),
        ] {
            assert_eq!(read(&[(name, value)]).unwrap_err(), [format!("$.{name}")], "{name}={value}");
        }
    }
}
