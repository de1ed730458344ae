//! Who may call the gateway: keys stored as SHA-256 digests, a tenant's name beside each.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::budget::Limits;
use crate::problem::{Code, Problem};

/// Digits of a key's name (ours): enough to distinguish the keys of one gateway.
const KEY_ID: usize = 12;

/// The name of a tenant: 1–64 characters of `A–Z a–z 0–9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant(String);

impl Tenant {
    /// The tenant of this name, if it can be one's.
    pub fn named(name: &str) -> Option<Tenant> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        ((1..=64).contains(&name.len()) && name.chars().all(plain)).then(|| Tenant(name.to_owned()))
    }

    #[cfg(test)]
    pub(crate) fn for_test(name: &str) -> Tenant {
        Tenant(name.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a key may do.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Call: chat, guard, lint, read and execute templates, invoke models. Every key may.
    Use,
    /// Change what others use, and look at how they use it: templates, models, metrics, usage.
    Manage,
    /// Read the audit log.
    Audit,
    /// Everything, for every tenant; and change what belongs to none.
    Admin,
}

impl Right {
    /// Every right.
    pub const ALL: &'static [Right] = <Right as strum::VariantArray>::VARIANTS;

    /// Its name, as `CLIENT_KEYS` and `/v1/keys` have it.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The right of this name.
    pub fn named(name: &str) -> Option<Right> {
        Right::ALL.iter().copied().find(|right| right.as_str() == name)
    }
}

/// What is done with something that has an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is read, rendered, executed.
    Read,
    /// It is changed.
    Change,
}

/// The keys that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clients(Vec<Client>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Client {
    caller: Caller,
    digest: [u8; 32],
}

/// Whose key a request bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The key's tenant.
    pub tenant: Tenant,
    /// The name of the key: the first 12 hexadecimal digits of its digest, which find its entry in `CLIENT_KEYS`.
    pub key_id: String,
    /// What the key may do besides calling.
    pub rights: BTreeSet<Right>,
    /// The models it may ask; empty for all.
    pub models: BTreeSet<String>,
    /// What it may use.
    pub limits: Limits,
    /// When it ends, Unix ms.
    pub expires_ms: Option<u64>,
    /// What people call it; none for one of `CLIENT_KEYS`.
    pub name: Option<String>,
}

impl Caller {
    /// A key of a tenant that may call, and is not limited.
    pub fn of_tenant(tenant: Tenant, key_id: String) -> Caller {
        let (rights, models) = (BTreeSet::new(), BTreeSet::new());
        Caller { tenant, key_id, rights, models, limits: Limits::default(), expires_ms: None, name: None }
    }

    /// Whether the key may ask this model.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn may_ask(&self, model: &str) -> Result<(), Problem> {
        if self.models.is_empty() || self.models.contains(model) {
            return Ok(());
        }
        let detail = "This client key may not ask this model: GET /v1/whoami lists those that it may, and the gateway's \
                      operator gives it others.";
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// Whether the key may do what needs `right`.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn may(&self, right: Right) -> Result<(), Problem> {
        if right == Right::Use || self.rights.contains(&right) || self.is_admin() {
            return Ok(());
        }
        let what = match right {
            Right::Audit => "may not read the audit log",
            Right::Admin => "may not do what touches all tenants",
            Right::Use | Right::Manage => "may call, and not manage templates, models, metrics, usage and keys",
        };
        let right = right.as_str();
        let detail = format!(
            "This client key {what}: that needs a key with the right `{right}` (made with POST /v1/keys, or an entry \
             of CLIENT_KEYS that ends in `:{right}`). Ask the gateway's operator for one."
        );
        Err(Problem::new(Code::Forbidden, detail))
    }

    /// Whether the key may do everything for every tenant.
    pub fn is_admin(&self) -> bool {
        self.rights.contains(&Right::Admin)
    }

    /// The tenant whose rows and counts the key sees; none where it sees those of all.
    pub fn sees(&self) -> Option<&str> {
        (!self.is_admin()).then(|| self.tenant.as_str())
    }
}

impl Clients {
    /// Reads entries `tenant:digest` or `tenant:digest:right` with the right `manage`, `audit` or `admin`, separated by
    /// white space or commas; the digest is the SHA-256 of the key in hexadecimal. A tenant may have several keys, and each digest has
    /// one entry: with two, which tenant and right it gives would depend on their order. Only a key with
    /// `manage` has [`Right::Manage`]: the key of an application that leaks cannot rewrite the templates of all
    /// others. Only one with `audit` has [`Right::Audit`]: who manages does not see what all others do. One with `admin`
    /// has every right, for every tenant.
    ///
    /// # Errors
    /// A sentence that names the entry by its number, never by its text.
    pub fn parse(text: &str) -> Result<Clients, String> {
        let entries = text.split(|c: char| c.is_whitespace() || c == ',').filter(|entry| !entry.is_empty());
        let clients: Vec<Client> = entries
            .enumerate()
            .map(|(index, entry)| {
                let (tenant, digest) = entry.split_once(':').unwrap_or_default();
                let tenant =
                    Tenant::named(tenant).ok_or_else(|| format!("entry {} is not `tenant:sha256-hex`", index + 1))?;
                let (digest, right) = digest.split_once(':').map_or((digest, None), |(d, right)| (d, Some(right)));
                let rights = match right.map(Right::named) {
                    None => BTreeSet::new(),
                    Some(Some(right)) if right != Right::Use => BTreeSet::from([right]),
                    Some(_) => {
                        let message = "has something after its digest that is not `:manage`, `:audit` or `:admin`";
                        return Err(format!("entry {} {message}", index + 1));
                    }
                };
                let bytes = hex32(digest)
                    .ok_or_else(|| format!("the digest of entry {} is not 64 hexadecimal digits", index + 1))?;
                let key_id = digest.chars().take(KEY_ID).collect::<String>().to_ascii_lowercase();
                let caller = Caller { rights, ..Caller::of_tenant(tenant, key_id) };
                Ok(Client { caller, digest: bytes })
            })
            .collect::<Result<Vec<_>, String>>()?;
        if clients.is_empty() {
            return Err("it has no key".to_owned());
        }
        let mut first = BTreeMap::new();
        for (index, client) in clients.iter().enumerate() {
            if let Some(earlier) = first.insert(client.digest, index + 1) {
                return Err(format!("entries {earlier} and {} have the same digest: remove one of them", index + 1));
            }
        }
        Ok(Clients(clients))
    }

    /// Whose key this is, if it is one of these. Every stored digest is compared, each in constant time.
    pub fn find(&self, key: &str) -> Option<&Caller> {
        let digest: [u8; 32] = Sha256::digest(key).into();
        let mut found = None;
        for client in &self.0 {
            let equal: Choice = digest.ct_eq(&client.digest);
            if bool::from(equal) {
                found = Some(&client.caller);
            }
        }
        found
    }
}

/// The key that the `Authorization` header bears (RFC 6750, 2.1).
///
/// # Errors
/// [`Code::Unauthenticated`].
pub fn bearer(authorization: Option<&str>) -> Result<&str, Problem> {
    let refuse = |detail: &str| Err(Problem::new(Code::Unauthenticated, detail));
    let Some(value) = authorization else {
        return refuse("Send your client key: `Authorization: Bearer <key>`.");
    };
    let key = match value.trim_start().split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        _ => return refuse("The Authorization header is not `Bearer <key>`."),
    };
    if key.is_empty() { refuse("The Authorization header has no key.") } else { Ok(key) }
}

/// Nobody has this key, or not any more.
pub fn unknown_key() -> Problem {
    let detail = "This client key is not known, or has ended: check it, or ask the gateway's operator for one.";
    Problem::new(Code::Unauthenticated, detail)
}

fn hex32(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte, digit| byte << 4 | *digit as u8);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Clients {
        fn authenticate(&self, authorization: Option<&str>) -> Result<&Caller, Problem> {
            self.find(bearer(authorization)?).ok_or_else(unknown_key)
        }
    }

    /// Some digest, and the SHA-256 of nothing.
    const A: &str = "4db5c6d5e0df1de7b97b05b67f8c0a0e9a4d9d2e4d3a0b3c4d5e6f708192a3b4";
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn hex(key: &str) -> String {
        Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn keys_are_known_by_their_digest() {
        let clients =
            Clients::parse(&format!("a:{}, b:{}\n b:{}", hex("key-a"), hex("key-b"), hex("key-c").to_uppercase()))
                .unwrap();
        for (header, tenant) in [
            ("Bearer key-a", Some("a")),
            ("bearer  key-b ", Some("b")),
            ("BEARER key-c", Some("b")),
            ("Bearer key-d", None),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic key-a", None),
            ("key-a", None),
            ("", None),
            ("Bearer é", None),
        ] {
            let found = clients.authenticate(Some(header));
            assert_eq!(found.as_ref().ok().map(|caller| caller.tenant.as_str()), tenant, "{header}");
            if let Err(problem) = found {
                assert_eq!(problem.code, Code::Unauthenticated);
                assert!(!problem.detail.contains("key-d"));
            }
        }
        assert!(clients.authenticate(None).is_err());
        let caller = clients.authenticate(Some("Bearer key-c")).unwrap();
        assert_eq!(caller.key_id, hex("key-c")[..12], "in small digits, however the entry is written");
    }

    /// The second entry would silently give the key another tenant or right than the first.
    #[test]
    fn one_digest_has_one_entry() {
        for (a, b) in [("a", "a"), ("a", "b")] {
            for right in ["", ":manage"] {
                let entries = format!("x:{} {a}:{A} {b}:{}{right}", hex("key"), A.to_uppercase());
                let error = Clients::parse(&entries).unwrap_err();
                assert!(error.contains("entries 2 and 3"), "{error}");
                assert!(!error.contains(&A[..8]), "{error}");
            }
        }
    }

    #[test]
    fn only_some_keys_manage() {
        let [uses, manages, audits, admin] = ["uses", "manages", "audits", "admin"].map(hex);
        let entries = format!("a:{uses}, a:{manages}:manage, b:{audits}:audit c:{admin}:admin");
        let clients = Clients::parse(&entries).unwrap();
        let ask = |key: &str, right| {
            let caller = clients.authenticate(Some(&format!("Bearer {key}"))).map_err(|p| p.code)?;
            caller.may(right).map_err(|p| p.code)
        };
        assert!(ask("uses", Right::Use).is_ok() && ask("manages", Right::Use).is_ok());
        assert!(ask("manages", Right::Manage).is_ok());
        assert!(ask("audits", Right::Use).is_ok() && ask("audits", Right::Audit).is_ok());
        assert!(Right::ALL.iter().all(|&right| ask("admin", right).is_ok()));
        for (key, right) in [
            ("uses", Right::Manage),
            ("uses", Right::Audit),
            ("uses", Right::Admin),
            ("manages", Right::Audit),
            ("manages", Right::Admin),
            ("audits", Right::Manage),
            ("audits", Right::Admin),
        ] {
            assert_eq!(ask(key, right), Err(Code::Forbidden), "{key}");
        }
        assert_eq!(ask("other", Right::Manage), Err(Code::Unauthenticated));
    }

    #[test]
    fn the_digest_itself_is_no_key() {
        let clients = Clients::parse(&format!("a:{A}")).unwrap();
        assert!(clients.authenticate(Some(&format!("Bearer {A}"))).is_err());
        // whoever stores the digest of nothing has not opened the door to everyone
        let clients = Clients::parse(&format!("a:{EMPTY}")).unwrap();
        assert!(clients.authenticate(Some("Bearer ")).is_err());
    }

    #[test]
    fn bad_lists_are_refused_without_quoting_them() {
        for text in [
            "",
            " , ",
            "canary",
            "canary:",
            ":canary",
            "a:canary",
            &format!("a b:{A}"),
            &format!("a:{A}0"),
            &format!("ä:{A}"),
            &format!("a:{A}:canary"),
            &format!("a:{A}:"),
            &format!("a:{A}:use"),
            &format!("a:{A}:manage:canary"),
        ] {
            let error = Clients::parse(text).unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
