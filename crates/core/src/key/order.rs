//! The bodies of `/v1/keys`: a key that is ordered, and a change of one. No key gives more than it has itself.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Key;
use crate::budget::{LIMITS, Limits};
use crate::client::{Caller, Right, Tenant};
use crate::fault::{Fault, Faults, Path};
use crate::governance::timestamp;
use crate::problem::{Code, Problem};
use crate::schema::{Document, Field, List, Rule, Shape, Text, decode};

/// Most models that a key names (ours).
const MAX_MODELS: usize = 100;
/// Longest overlap of a rotation, in seconds: 30 days (ours).
const MAX_OVERLAP_S: u64 = 30 * 86_400;
/// Overlap unless one is given, in seconds: a day (ours).
const OVERLAP_S: u64 = 86_400;

const NAME: Shape = Shape::Text(Text::new(1, 128).rule(Rule::Label));
const RIGHTS: Shape = Shape::List(List {
    item: &Shape::OneOf(&["use", "manage", "audit", "admin"]),
    least: 0,
    most: 4,
    unique: Some(&[]),
});
const MODELS: Shape =
    Shape::List(List { item: &Shape::Text(Text::new(1, 256)), least: 0, most: MAX_MODELS, unique: Some(&[]) });
const EXPIRES: Field =
    Field::optional("expiresAt", Shape::Text(Text::of(Rule::Time))).about("When it ends; never unless given.");

/// The body of `POST /v1/keys`.
pub static KEY: Shape = Shape::Object(&[
    Field::required("name", NAME).about("What people call it."),
    Field::optional("tenant", Shape::Text(Text::new(1, 64)))
        .about("The caller's own unless given; `admin` may name any."),
    Field::optional("rights", RIGHTS).default("[\"use\"]"),
    Field::optional("models", MODELS).default("[]").about("The models that it may ask; all unless given."),
    Field::optional("limits", Shape::Object(LIMITS)).default("{}"),
    EXPIRES,
]);

/// The body of `PATCH /v1/keys/{id}`: what is not given stays.
pub static CHANGE: Shape = Shape::Object(&[
    Field::optional("name", NAME),
    Field::optional("rights", RIGHTS),
    Field::optional("models", MODELS),
    Field::optional("limits", Shape::Object(LIMITS)).about("In place of all that were set."),
    EXPIRES,
]);

/// The body of `POST /v1/keys/{id}/rotate`.
pub static ROTATION: Shape = Shape::Object(&[Field::optional("overlapSeconds", Shape::Integer(0, MAX_OVERLAP_S))
    .default("86400")
    .about("How long the old secret is still good.")]);

/// A key that is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Whose it is to be.
    pub tenant: Tenant,
    /// What people call it.
    pub name: String,
    /// What it may do besides calling.
    pub rights: BTreeSet<Right>,
    /// The models that it may ask; empty for all.
    pub models: BTreeSet<String>,
    /// What it may use.
    pub limits: Limits,
    /// Unix ms.
    pub expires_ms: Option<u64>,
}

/// A change of a key; what is not there stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Change {
    /// What people call it.
    pub name: Option<String>,
    /// What it may do besides calling.
    pub rights: Option<BTreeSet<Right>>,
    /// The models that it may ask; empty for all.
    pub models: Option<BTreeSet<String>>,
    /// What it may use.
    pub limits: Option<Limits>,
    /// Unix ms. An end can be moved and not taken away.
    pub expires_ms: Option<u64>,
}

impl NewKey {
    /// Reads an order of `caller` at `now_ms` (Unix ms).
    ///
    /// # Errors
    /// [`Code::InvalidJson`], [`Code::InvalidRequest`]; [`Code::Forbidden`] for more than the caller has.
    pub fn parse(body: &[u8], caller: &Caller, now_ms: u64) -> Result<NewKey, Problem> {
        let mut body = decode(body, &KEY)?;
        let mut faults = Faults::default();
        let tenant = tenant(&mut body, caller, &mut faults);
        let change = Change::of(&mut body, now_ms, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::with_errors(Code::InvalidRequest, faults));
        }
        let key = NewKey {
            tenant,
            name: change.name.unwrap_or_default(),
            rights: change.rights.unwrap_or_default(),
            models: change.models.unwrap_or_default(),
            limits: change.limits.unwrap_or_default(),
            expires_ms: change.expires_ms,
        };
        within(caller, &key.tenant, Some(&key.rights), Some(&key.models), Some(key.expires_ms))?;
        Ok(key)
    }
}

impl Change {
    /// Reads a change by `caller` at `now_ms` (Unix ms).
    ///
    /// # Errors
    /// Those of [`NewKey::parse`].
    pub fn parse(body: &[u8], caller: &Caller, now_ms: u64) -> Result<Change, Problem> {
        let mut faults = Faults::default();
        let change = Change::of(&mut decode(body, &CHANGE)?, now_ms, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::with_errors(Code::InvalidRequest, faults));
        }
        within(caller, &caller.tenant, change.rights.as_ref(), change.models.as_ref(), change.expires_ms.map(Some))?;
        Ok(change)
    }

    fn of(body: &mut Document, now_ms: u64, faults: &mut Faults) -> Change {
        let named = |names: Vec<String>| names.iter().filter_map(|name| Right::named(name)).collect::<BTreeSet<_>>();
        let rights = body.texts("rights").map(named);
        Change {
            name: body.text("name"),
            rights: rights.map(|rights| rights.into_iter().filter(|right| *right != Right::Use).collect()),
            models: body.texts("models").map(|models| models.into_iter().collect()),
            limits: body.take("limits").and_then(|limits| Limits::read(limits, &Path::root().name("limits"), faults)),
            expires_ms: expires(body, now_ms, faults),
        }
    }
}

/// How long the old secret is still good, in milliseconds.
///
/// # Errors
/// [`Code::InvalidJson`] and [`Code::InvalidRequest`].
pub fn rotation(body: &[u8]) -> Result<u64, Problem> {
    let seconds = decode(body, &ROTATION)?.integer("overlapSeconds");
    Ok(seconds.unwrap_or(OVERLAP_S).saturating_mul(1_000))
}

fn tenant(body: &mut Document, caller: &Caller, faults: &mut Faults) -> Tenant {
    let Some(name) = body.text("tenant") else { return caller.tenant.clone() };
    Tenant::named(&name).unwrap_or_else(|| {
        let message = "Expected 1 to 64 characters of A–Z a–z 0–9 . _ -.";
        faults.add(|| Fault::new(&Path::root().name("tenant"), "bad_tenant", message));
        caller.tenant.clone()
    })
}

fn expires(body: &mut Document, now_ms: u64, faults: &mut Faults) -> Option<u64> {
    let given = body.text("expiresAt")?;
    let at = OffsetDateTime::parse(&given, &Rfc3339).ok().map(|at| at.unix_timestamp_nanos() / 1_000_000);
    match at.and_then(|at| u64::try_from(at).ok()) {
        // the year 10000 has no timestamp
        Some(at) if at > now_ms && !timestamp(at).is_empty() => Some(at),
        _ => {
            let message = "Expected a time (RFC 3339) of a day that exists, in the future.";
            faults.add(|| Fault::new(&Path::root().name("expiresAt"), "bad_time", message));
            None
        }
    }
}

/// Whether `caller` may change a key, or have its next secret: one that may do no more than it may itself.
///
/// # Errors
/// [`Code::Forbidden`]; [`Code::NotFound`] for another tenant's.
pub fn master(caller: &Caller, key: &Key) -> Result<(), Problem> {
    super::reach(caller, key)?;
    if caller.key_id == key.id {
        return Ok(());
    }
    within(caller, &caller.tenant, Some(&key.rights), Some(&key.models), None)
}

/// Whether the caller has itself what it gives.
fn within(
    caller: &Caller,
    tenant: &Tenant,
    rights: Option<&BTreeSet<Right>>,
    models: Option<&BTreeSet<String>>,
    expires_ms: Option<Option<u64>>,
) -> Result<(), Problem> {
    let refuse = |what: &str| {
        let detail = format!("A key gives no more than it has itself: {what}. Ask the gateway's operator.");
        Err(Problem::new(Code::Forbidden, detail))
    };
    if caller.is_admin() {
        return Ok(());
    }
    if *tenant != caller.tenant {
        return refuse("a key for another tenant needs the right `admin`");
    }
    if rights.is_some_and(|rights| !rights.is_subset(&caller.rights)) {
        return refuse("this one lacks one of the `rights`");
    }
    let of_more = |models: &BTreeSet<String>| models.is_empty() || !models.is_subset(&caller.models);
    if !caller.models.is_empty() && models.is_some_and(of_more) {
        return refuse("name `models` that this one may ask");
    }
    let ends = |expires: Option<u64>| expires.is_some_and(|at| caller.expires_ms.is_none_or(|own| at <= own));
    if caller.expires_ms.is_some() && expires_ms.is_some_and(|expires| !ends(expires)) {
        return refuse("`expiresAt` must not be after this one's own end");
    }
    Ok(())
}
