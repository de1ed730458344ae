//! A request's address: which route it is, and its parameters.

use super::{ROUTES, Route, Row};
use crate::fault::{Fault, Faults, Path, nearest};
use crate::front::openai;
use crate::problem::{Code, Problem};

/// The path and query of a request with the URL `url`, whose `Host` header is `host`. The platform builds the URL of that
/// header and the path, so a header with more in it than a host's name and port could choose the path.
///
/// # Errors
/// [`Code::InvalidRequest`] where the header has anything else in it.
pub fn target<'a>(url: &'a str, host: Option<&str>) -> Result<&'a str, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:[]%".contains(c);
    if !host.unwrap_or_default().chars().all(plain) {
        let detail = "The Host header must be a host's name or address, and a port where there is one.";
        return Err(Problem::new(Code::InvalidRequest, detail));
    }
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let target = after_scheme.find(['/', '?', '#']).and_then(|at| after_scheme.get(at..)).unwrap_or("/");
    Ok(target.split('#').next().unwrap_or_default())
}

/// A route and what its address carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What is asked for.
    pub route: Route,
    /// `{id}`, in lower case, `{name}` or `{model}`; empty where the address has none.
    pub id: String,
    /// `{version}`; 0 where the address has none.
    pub version: u64,
    /// `{label}`, as it is there; empty where the address has none.
    pub label: String,
    /// The address as it was asked for, without its query.
    pub path: String,
    /// The text after `?`, not decoded.
    query: String,
}

impl Target {
    /// Finds the route of a request; `target` is the path, with `?` and the query if there is one. HEAD is GET.
    ///
    /// # Errors
    /// [`Code::NotFound`], or [`Code::MethodNotAllowed`] with the methods that fit.
    pub fn find(method: &str, target: &str) -> Result<Target, Problem> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let method = if method == "HEAD" { "GET" } else { method };
        let mut allowed = Vec::new();
        for Row { method: known, pattern, route, .. } in ROUTES {
            let Some((id, version, label)) = fits(pattern, path) else { continue };
            if known == method {
                return Ok(Target { route, id, version, label, path: path.to_owned(), query: query.to_owned() });
            }
            allowed.push(known);
            if known == "GET" {
                allowed.push("HEAD");
            }
        }
        if allowed.is_empty() {
            let mut known: Vec<&str> = ROUTES.map(|row| row.pattern).to_vec();
            known.dedup();
            let detail = match nearest(path, &known) {
                // Of OpenAI's API clients ask for much more than there is here.
                _ if path.starts_with(openai::BASE) => {
                    let there: Vec<&str> = known.into_iter().filter(|known| known.starts_with(openai::BASE)).collect();
                    format!("Nothing is at this address: there are {}.", there.join(", "))
                }
                _ if openai::is_asked(path) => {
                    "Nothing is at this address: clients of OpenAI's API have the base address /openai/v1.".to_owned()
                }
                Some(meant) => {
                    // A slash too many is no id.
                    let id = meant.contains('{') || path.len() > meant.len() + 1;
                    let id = if id { " An id is a UUID." } else { "" };
                    format!("Nothing is at this address: did you mean {meant}?{id}")
                }
                None => "Nothing is at this address. GET /v1/openapi.json lists all there are.".to_owned(),
            };
            return Err(Problem::new(Code::NotFound, detail));
        }
        let allow = allowed.join(", ");
        let mut problem = Problem::new(Code::MethodNotAllowed, format!("Use {allow} here."));
        problem.allow = Some(allow);
        Err(problem)
    }

    /// Whether the query has a parameter that is none of `names`.
    pub fn has_query_beside(&self, names: &[&str]) -> bool {
        form_urlencoded::parse(self.query.as_bytes()).any(|(name, _)| !names.contains(&name.as_ref()))
    }

    /// Whether the query has the parameter `name`.
    pub fn has_query(&self, name: &str) -> bool {
        form_urlencoded::parse(self.query.as_bytes()).any(|(known, _)| known == name)
    }

    /// The path and query of the same request with another value of one parameter.
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = form_urlencoded::parse(self.query.as_bytes()).filter(|(known, _)| known != name);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others).append_pair(name, value);
        format!("{}?{}", self.path, query.finish())
    }

    /// The query's parameters, decoded; `names` are those that this route knows.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] for names that are not known, or that occur twice.
    pub fn query(&self, names: &[&'static str]) -> Result<Query, Problem> {
        let mut faults = Faults::default();
        let mut found: Vec<(&'static str, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            let path = Path::root().name("query").name(&name);
            let Some(known) = names.iter().find(|known| **known == name) else {
                faults.add(|| {
                    let hint = match nearest(&name, names) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None if names.is_empty() => "this address takes none.".to_owned(),
                        None => format!("there are {}.", names.join(", ")),
                    };
                    Fault::new(&path, "unknown_parameter", format!("This parameter is not known: {hint}"))
                });
                continue;
            };
            if found.iter().any(|(earlier, _)| earlier == known) {
                faults.add(|| Fault::new(&path, "duplicate_key", "Duplicate parameter. Remove one."));
            }
            found.push((known, value.into_owned()));
        }
        if faults.is_empty() { Ok(Query(found)) } else { Err(Problem::with_errors(Code::InvalidRequest, faults)) }
    }
}

/// The parameters of a query.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query(Vec<(&'static str, String)>);

impl Query {
    /// The text of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is an integer from 1 to `most`.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn integer(&self, name: &str, most: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) if (1..=most).contains(&value) => Ok(Some(value)),
            _ => {
                let message = format!("`{name}` must be an integer from 1 to {most}.");
                Err(Problem::with_errors(Code::InvalidRequest, vec![at(name, "out_of_range", message)]))
            }
        }
    }

    /// A parameter that is `true` or `false`; without it, false.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`].
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false" | "0") => Ok(false),
            // `?dry_run` alone means that it is wanted: nobody should change a library by a short form.
            Some("true" | "1" | "") => Ok(true),
            Some(_) => {
                let message = format!("`{name}` must be true or false.");
                Err(Problem::with_errors(Code::InvalidRequest, vec![at(name, "wrong_type", message)]))
            }
        }
    }
}

fn at(name: &str, code: &'static str, message: String) -> Fault {
    Fault::new(&Path::root().name("query").name(name), code, message)
}

/// The parameters of `path`, if it is one of `pattern`: `{id}`, `{version}` and `{label}`.
fn fits(pattern: &str, path: &str) -> Option<(String, u64, String)> {
    let (mut id, mut version, mut label) = (String::new(), 0, String::new());
    if let Some(front) = pattern.strip_suffix("{model}") {
        let name = path.strip_prefix(front).filter(|name| !name.is_empty())?;
        return Some((decoded(name), 0, String::new()));
    }
    let mut given = path.split('/');
    for segment in pattern.split('/') {
        let value = given.next()?;
        match segment {
            "{id}" => id = uuid(value)?,
            "{label}" if !value.is_empty() => label = value.to_owned(),
            "{name}" if !value.is_empty() => id = value.to_owned(),
            "{version}" => version = value.parse().ok().filter(|version| *version > 0)?,
            literal if literal == value => {}
            _ => return None,
        }
    }
    given.next().is_none().then_some((id, version, label))
}

/// `name` without its percent-encoding. Names in addresses have no `+` for a space.
fn decoded(name: &str) -> String {
    let name = name.replace('+', "%2B");
    let pair = form_urlencoded::parse(name.as_bytes()).next();
    pair.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// A UUID of 36 characters (RFC 9562, 4), in lower case.
pub(crate) fn uuid(text: &str) -> Option<String> {
    (text.len() == 36).then(|| uuid::Uuid::try_parse(text).ok()).flatten().map(|id| id.hyphenated().to_string())
}
