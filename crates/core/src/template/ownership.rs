//! Whose templates are (requirements, T1): a tenant's, or nobody's, as what was upstream before the gateway came.
//!
//! ```text
//!                    read            change
//! the tenant's own   yes             yes, with the right that the route asks for
//! another's          404             404
//! nobody's           yes             403: an admin changes it, or gives it an owner (`POST …/adopt`)
//! ```
//! A key with `admin` may do all of it. Models need no entry here: each has its tenant in its own object.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::{Access, Caller, Tenant};
use crate::fault::{Fault, Path};
use crate::problem::{Code, Problem};
use crate::schema::{Field, Shape, Text, decode};
use crate::upstream::genesys::{Family, Page};

/// How long an isolate knows an owner (ours): a template that is adopted is read by others this long at most.
const KNOWN_MS: u64 = 60_000;
/// Most owners that an isolate knows (ours): some 2 MB.
const MAX_KNOWN: usize = 10_000;

/// The body of `POST …/adopt`.
pub static ADOPTION: Shape = Shape::Object(&[Field::optional("tenant", Shape::Text(Text::new(1, 64)))
    .about("Whose it is from now on. The caller's own tenant unless given.")]);

/// Whether `caller` may do this with something of `owner`; whether its key may do it at all is the route's question.
///
/// # Errors
/// [`Code::NotFound`] for another tenant's, [`Code::Forbidden`] for a change of nobody's.
pub fn reach(caller: &Caller, owner: Option<&str>, access: Access) -> Result<(), Problem> {
    match owner {
        _ if caller.is_admin() => Ok(()),
        Some(owner) if owner == caller.tenant.as_str() => Ok(()),
        Some(_) => Err(Problem::new(Code::NotFound, "There is no template with this id.")),
        None if access == Access::Read => Ok(()),
        None => {
            let detail = "This template was upstream before the gateway came and belongs to no tenant, so only a key \
                          with the right `admin` changes it. Ask for it to be given to your tenant: POST …/adopt.";
            Err(Problem::new(Code::Forbidden, detail))
        }
    }
}

/// To whom an adoption gives a template.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`].
pub fn adopter(body: &[u8], caller: &Caller) -> Result<Tenant, Problem> {
    let Some(name) = decode(body, &ADOPTION)?.text("tenant") else { return Ok(caller.tenant.clone()) };
    Tenant::named(&name).ok_or_else(|| {
        let message = "Expected 1 to 64 characters of A–Z a–z 0–9 . _ -.";
        let fault = Fault::new(&Path::root().name("tenant"), "bad_tenant", message);
        Problem::with_errors(Code::InvalidRequest, vec![fault])
    })
}

/// What the object that keeps the owners is asked for; it answers whose each is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Whose are these?
    Find(Vec<String>),
    /// This is the tenant's, unless it is somebody's already.
    Claim {
        /// What is claimed: its [`name`].
        name: String,
        /// For whom.
        tenant: String,
    },
}

/// What a template is called among all that have owners.
pub fn name(family: Family, id: &str) -> String {
    format!("{}:{}", family.as_str(), id.to_ascii_lowercase())
}

/// The owners that an isolate knows.
#[derive(Debug, Clone, Default)]
pub struct Owners(BTreeMap<String, (Option<String>, u64)>);

impl Owners {
    /// Whose `name` is, if that is known at `now_ms` (Unix ms).
    pub fn known(&self, name: &str, now_ms: u64) -> Option<Option<String>> {
        let (owner, until_ms) = self.0.get(name)?;
        (now_ms < *until_ms).then(|| owner.clone())
    }

    /// The object has said so; it was asked at `asked_ms` (Unix ms).
    pub fn learn(&mut self, name: &str, owner: Option<String>, asked_ms: u64) {
        if self.0.len() >= MAX_KNOWN && !self.0.contains_key(name) {
            self.0.retain(|_, (_, until_ms)| asked_ms < *until_ms);
            if self.0.len() >= MAX_KNOWN {
                self.0.clear();
            }
        }
        self.0.insert(name.to_owned(), (owner, asked_ms.saturating_add(KNOWN_MS)));
    }
}

/// The pages of a list without what is another tenant's: one page, of all, or the one of this number and size. `owner`
/// says whose the prompt template of an id is.
pub fn visible(
    pages: Vec<Page>,
    caller: &Caller,
    owner: impl Fn(&str) -> Option<String>,
    page: Option<(u64, u64)>,
) -> Page {
    let seen = |entity: &Value| reach(caller, owner(text(entity, "/id")).as_deref(), Access::Read).is_ok();
    cut(pages, seen, page)
}

/// The groups of a usage report that are about the caller's own templates: the page of this number and size.
pub fn own_usage(pages: Vec<Page>, caller: &Caller, owner: impl Fn(&str) -> Option<String>, page: (u64, u64)) -> Page {
    let own = |entity: &Value| owner(text(entity, "/group/templateId")).as_deref() == Some(caller.tenant.as_str());
    cut(pages, own, Some(page))
}

fn text<'a>(entity: &'a Value, pointer: &str) -> &'a str {
    entity.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn cut(pages: Vec<Page>, keep: impl Fn(&Value) -> bool, page: Option<(u64, u64)>) -> Page {
    let mut entities: Vec<Value> = pages.into_iter().flat_map(|page| page.entities).filter(keep).collect();
    let total = entities.len() as u64;
    let (page_number, page_size) = page.unwrap_or((1, total.max(1)));
    let skip = page_number.saturating_sub(1).saturating_mul(page_size).min(total);
    entities.drain(..usize::try_from(skip).unwrap_or_default());
    entities.truncate(usize::try_from(page_size).unwrap_or(usize::MAX));
    Page { entities, page_size, page_number, total, page_count: total.div_ceil(page_size.max(1)) }
}

/// What an adoption by `tenant` answers; `owner` is whose the template is now.
///
/// # Errors
/// [`Code::Conflict`] where it was another's already.
pub fn adopted(id: &str, owner: Option<String>, tenant: &Tenant) -> Result<String, Problem> {
    match owner {
        Some(owner) if owner == tenant.as_str() => Ok(json!({ "id": id, "tenant": owner }).to_string()),
        Some(owner) => {
            Err(Problem::new(Code::Conflict, format!("This template belongs to the tenant `{owner}` already.")))
        }
        None => Err(Problem::storage_unavailable()),
    }
}

/// A template was made upstream, and could not be made its tenant's because of `problem`.
pub fn unclaimed(id: &str, mut problem: Problem) -> Problem {
    problem.detail = format!(
        "The template {id} was made, and its owner could not be stored: a key with the right `admin` gives it one with \
         POST /v1/templates/{id}/adopt. {}",
        problem.detail
    );
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Clients, Right};
    use crate::route::ROUTES;

    /// A key of the tenant `a` with one right.
    fn caller(right: Right) -> Caller {
        let end = if right == Right::Use { String::new() } else { format!(":{}", right.as_str()) };
        // The SHA-256 of `k`.
        let digest = "8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a";
        let clients = Clients::parse(&format!("a:{digest}{end}")).unwrap();
        clients.find("k").unwrap().clone()
    }

    /// What comes of it: `.` done, `4` 404, `3` 403. Rights are `use manage audit admin`; for each, what becomes of
    /// the tenant's own, of another's, of nobody's.
    // Row T1.
    #[test]
    fn every_route_for_every_right_and_tenant() {
        const READ: [&str; 4] = [".4.", ".4.", ".4.", "..."];
        const CHANGE: [&str; 4] = ["333", ".43", "333", "..."];
        const ADMIN: [&str; 4] = ["333", "333", "333", "..."];
        let table = [
            ("GET /v1/templates", READ),
            ("POST /v1/templates/sync", CHANGE),
            ("GET /v1/templates/{id}", READ),
            ("PUT /v1/templates/{id}", CHANGE),
            ("GET /v1/templates/{id}/versions", READ),
            ("GET /v1/templates/{id}/versions/{version}", READ),
            ("GET /v1/templates/{id}/diff", READ),
            ("GET /v1/templates/{id}/labels", READ),
            ("PUT /v1/templates/{id}/labels/{label}", CHANGE),
            ("DELETE /v1/templates/{id}/labels/{label}", CHANGE),
            ("POST /v1/templates/{id}/labels/{label}/rollback", CHANGE),
            ("POST /v1/templates/{id}/adopt", ADMIN),
            ("POST /v1/templates/{id}/render", READ),
            ("POST /v1/templates/{id}/execute", READ),
            ("GET /v1/cache/templates/{id}", READ),
            ("PUT /v1/cache/templates/{id}", CHANGE),
            ("DELETE /v1/cache/templates/{id}", CHANGE),
            ("POST /v1/cache/templates/{id}/adopt", ADMIN),
        ];
        for row in
            ROUTES.iter().filter(|row| matches!(row.route.resource(), Some("prompt_template" | "cached_template")))
        {
            let name = format!("{} {}", row.method, row.pattern);
            // What makes something new concerns nobody else's.
            if matches!(name.as_str(), "POST /v1/templates" | "POST /v1/cache/templates") {
                assert_eq!(row.route.access(), None);
                continue;
            }
            let (_, expected) = table.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{name}"));
            for (right, expected) in Right::ALL.iter().copied().zip(expected) {
                let caller = caller(right);
                let found: String = [Some("a"), Some("b"), None]
                    .into_iter()
                    .map(|owner| {
                        let access = row.route.access().unwrap();
                        match caller.may(row.right).and_then(|()| reach(&caller, owner, access)) {
                            Ok(()) => '.',
                            Err(problem) if problem.code == Code::NotFound => '4',
                            Err(problem) if problem.code == Code::Forbidden => '3',
                            Err(_) => '?',
                        }
                    })
                    .collect();
                assert_eq!(found, *expected, "{name} with {right:?}");
            }
        }
    }

    fn page(ids: &[&str]) -> Page {
        let entities = ids.iter().map(|id| json!({ "id": id, "group": { "templateId": id } })).collect();
        Page { entities, page_size: 100, page_number: 1, total: 99, page_count: 9 }
    }

    fn owner(id: &str) -> Option<String> {
        let tenant = id.split('-').next().unwrap_or_default();
        (tenant != "nobody").then(|| tenant.to_owned())
    }

    // Row T1.
    #[test]
    fn lists_do_not_count_what_is_anothers() {
        let pages = || vec![page(&["a-1", "b-1", "nobody-1"]), page(&["b-2", "a-2", "a-3"])];
        let ids = |page: &Page| -> Vec<String> { Page::texts(std::slice::from_ref(page), "/id") };
        let all = visible(pages(), &caller(Right::Use), owner, None);
        assert_eq!(ids(&all), ["a-1", "nobody-1", "a-2", "a-3"]);
        let second = visible(pages(), &caller(Right::Use), owner, Some((2, 3)));
        assert_eq!((ids(&second), second.total, second.page_count), (vec!["a-3".to_owned()], 4, 2));
        assert_eq!(ids(&visible(pages(), &caller(Right::Use), owner, Some((u64::MAX, 3)))), Vec::<String>::new());
        assert_eq!(visible(pages(), &caller(Right::Admin), owner, None).total, 6);
        let usage = own_usage(pages(), &caller(Right::Manage), owner, (1, 2));
        assert_eq!((ids(&usage), usage.total, usage.page_count), (vec!["a-1".to_owned(), "a-2".to_owned()], 3, 2));
    }

    #[test]
    fn an_isolate_forgets_after_a_minute_and_never_grows() {
        let mut owners = Owners::default();
        owners.learn("prompt:1", None, 1_000);
        assert_eq!(owners.known("prompt:1", 60_999), Some(None));
        assert_eq!((owners.known("prompt:1", 61_000), owners.known("prompt:2", 0)), (None, None));
        for number in 0..3 * MAX_KNOWN {
            owners.learn(&format!("cached:{number}"), Some("a".into()), 2_000);
        }
        assert!(owners.0.len() <= MAX_KNOWN);
    }

    #[test]
    fn adoptions() {
        let admin = caller(Right::Admin);
        assert_eq!(adopter(b"{}", &admin).unwrap().as_str(), "a");
        assert_eq!(adopter(br#"{"tenant":"b"}"#, &admin).unwrap().as_str(), "b");
        for body in ["", "[]", r#"{"tenant":""}"#, r#"{"tenant":"a b"}"#, r#"{"tenant":7}"#, r#"{"owner":"b"}"#] {
            assert!(adopter(body.as_bytes(), &admin).is_err(), "{body}");
        }
        let b = Tenant::named("b").unwrap();
        assert_eq!(adopted("1", Some("b".into()), &b).unwrap(), r#"{"id":"1","tenant":"b"}"#);
        assert_eq!(adopted("1", Some("a".into()), &b).unwrap_err().code, Code::Conflict);
    }
}
