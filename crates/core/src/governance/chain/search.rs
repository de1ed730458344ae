//! A search of the audit log: rows by what they say, the oldest or the newest first, as JSON Lines, JSON, CSV, or followed
//! as server-sent events.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::csv;
use super::segment::head;
use crate::fault::{Fault, Faults, Path, nearest};
use crate::governance::{parse_time, timestamp};
use crate::http::{Reply, ReplyHead, essence};
use crate::problem::{Code, Problem};
use crate::route::Target;
use crate::sensitive::Bytes;

/// Most rows of one answer (ours), and how many come unless asked otherwise.
const MAX_ROWS: u64 = 10_000;
const ROWS: u64 = 100;
/// Most bytes of one answer (ours): rows are half a kilobyte to two.
const MAX_BYTES: usize = 16 << 20;
/// Longest value that is searched for, in bytes (ours).
const MAX_VALUE: usize = 512;
/// How often the objects are asked for one answer, at most (ours): each looks at a bounded number of rows. An answer that
/// ends there has the address that continues it.
const MAX_ASKED: u32 = 500;
/// Outcomes, as rows have them.
pub const STATUSES: [&str; 8] =
    ["success", "refused", "failed", "deferred", "fallback", "truncated", "cancelled", "unknown"];

/// What a row is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the parameter of its name")]
pub enum Field {
    Tenant,
    Key,
    Status,
    Code,
    Model,
    Template,
    Rule,
    RequestId,
}

impl Field {
    /// All of them.
    pub const ALL: &'static [Field] = <Field as strum::VariantArray>::VARIANTS;

    /// The parameter.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Where a line has it (JSONPath, as SQLite takes it). A rule is one of several.
    pub const fn path(self) -> &'static str {
        match self {
            Field::Tenant => "$.row.tenant",
            Field::Key => "$.row.key_id",
            Field::Status => "$.row.outcome",
            Field::Code => "$.row.code",
            Field::Model => "$.row.model",
            Field::Template => "$.row.resource.id",
            Field::Rule => "$.row.rules",
            Field::RequestId => "$.row.request_id",
        }
    }
}

/// What an object is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Each must hold.
    pub filters: Vec<(Field, String)>,
    /// Not before this time, as rows write it.
    pub from: Option<String>,
    /// Before this time.
    pub to: Option<String>,
    /// The newest first.
    pub newest: bool,
    /// Rows after this number.
    pub after: u64,
    /// Rows before this number.
    pub before: u64,
    /// So many at most.
    pub limit: u64,
}

/// An object's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The lines, in the order that was asked for.
    pub lines: Vec<String>,
    /// The last row that was looked at; what comes beyond it in that order was not.
    pub reached: u64,
    /// Whether the object has nothing more.
    pub end: bool,
}

/// Which rows an object has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// The number of its first; 0 where it has none.
    pub first: u64,
    /// The number of its last.
    pub last: u64,
    /// Whether the next object goes on.
    pub full: bool,
}

/// How the rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Lines,
    Json,
    Csv,
}

/// A search that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    question: Question,
    format: Format,
    lines: Vec<String>,
    bytes: usize,
    asked: u32,
    /// Where it ended before everything was looked at.
    stopped: Option<u64>,
}

impl Search {
    /// Whether a request asks for this, and not for the chain as it is.
    pub fn is_asked(target: &Target, accept: Option<&str>) -> bool {
        format(accept) != Format::Lines || target.has_query_beside(&["after"])
    }

    /// What is asked for; rows of others than `tenant` are not found. None for everybody's.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`], with every fault.
    pub fn of(target: &Target, accept: Option<&str>, tenant: Option<&str>) -> Result<Search, Problem> {
        const NAMES: [&str; 14] = [
            "tenant",
            "key",
            "status",
            "code",
            "model",
            "template",
            "rule",
            "request_id",
            "from",
            "to",
            "limit",
            "order",
            "after",
            "before",
        ];
        let query = target.query(&NAMES)?;
        let mut faults = Faults::default();
        let mut wrong = |name: &str, code: &'static str, message: String| {
            faults.add(|| Fault::new(&Path::root().name("query").name(name), code, message));
        };
        let mut filters = Vec::new();
        for &field in Field::ALL {
            let Some(value) = query.get(field.name()) else { continue };
            if value.is_empty() || value.len() > MAX_VALUE {
                wrong(field.name(), "out_of_range", format!("Expected 1 to {MAX_VALUE} bytes."));
            } else if field == Field::Status && !STATUSES.contains(&value) {
                let hint = nearest(value, &STATUSES).map(|meant| format!(" Did you mean `{meant}`?"));
                let message = format!("Expected one of {}.{}", STATUSES.join(", "), hint.unwrap_or_default());
                wrong("status", "unknown_value", message);
            }
            filters.push((field, value.to_owned()));
        }
        let mut time = |name: &str| {
            let text = query.get(name)?;
            let found = moment(text);
            if found.is_none() {
                let message = "Expected a day (2026-11-26) or a time (2026-11-26T09:00:00Z) that exists.".to_owned();
                wrong(name, "bad_time", message);
            }
            found
        };
        let (from, to) = (time("from"), time("to"));
        if let (Some(from), Some(to)) = (&from, &to)
            && from >= to
        {
            wrong("to", "out_of_range", "Expected a time after `from`.".to_owned());
        }
        let newest = match query.get("order") {
            None | Some("oldest") => false,
            Some("newest") => true,
            Some(_) => {
                wrong("order", "unknown_value", "Expected `oldest` or `newest`.".to_owned());
                false
            }
        };
        if !faults.is_empty() {
            return Err(Problem::with_errors(Code::InvalidRequest, faults));
        }
        const MOST: u64 = (1 << 53) - 1;
        let after = query.integer("after", MOST)?.unwrap_or_default();
        let before = query.integer("before", MOST)?.unwrap_or(MOST);
        let limit = query.integer("limit", MAX_ROWS)?.unwrap_or(ROWS);
        if let Some(tenant) = tenant {
            filters.push((Field::Tenant, tenant.to_owned()));
        }
        let question = Question { filters, from, to, newest, after, before, limit };
        Ok(Search { question, format: format(accept), lines: Vec::new(), bytes: 0, asked: 0, stopped: None })
    }

    /// The same for who follows the log: the oldest first, after the last row that the client has, or that it asks for,
    /// or after the `end` of the log.
    pub fn follow(mut self, target: &Target, last_event_id: Option<&str>, end: u64) -> Search {
        let asked = target.has_query("after").then_some(self.question.after);
        let seen = last_event_id.and_then(|id| id.parse().ok());
        self.question.after = seen.or(asked).unwrap_or(end);
        self.question.newest = false;
        self.question.limit = MAX_ROWS;
        self
    }

    /// The objects that may have what is asked for, in the order in which they are asked; `extents` are those of all, from
    /// the first on. Objects are numbered from 1.
    pub fn objects(&self, extents: &[Extent]) -> Vec<u64> {
        let has = |extent: &Extent| {
            extent.first > 0 && extent.last > self.question.after && extent.first < self.question.before
        };
        let found = (1..).zip(extents).filter(|(_, extent)| has(extent)).map(|(number, _)| number);
        let mut objects: Vec<u64> = found.collect();
        if self.question.newest {
            objects.reverse();
        }
        objects
    }

    /// What the next object is asked; none where there is enough.
    pub fn question(&mut self) -> Option<Question> {
        let limit = self.question.limit.saturating_sub(self.lines.len() as u64);
        if limit == 0 || self.bytes >= MAX_BYTES || self.stopped.is_some() {
            return None;
        }
        self.asked += 1;
        Some(Question { limit: limit.min(super::PAGE_ROWS as u64), ..self.question.clone() })
    }

    /// Takes an answer; returns whether the same object is to be asked again.
    pub fn found(&mut self, found: Found) -> bool {
        self.bytes += found.lines.iter().map(String::len).sum::<usize>();
        self.lines.extend(found.lines);
        // Where an object has nothing in the range, it has reached nothing.
        match self.question.newest {
            _ if found.reached == 0 => {}
            true => self.question.before = self.question.before.min(found.reached),
            false => self.question.after = self.question.after.max(found.reached),
        }
        if !found.end && self.asked >= MAX_ASKED {
            self.stopped = Some(found.reached);
        }
        !found.end
    }

    /// The events of what was found since this was asked last, for who follows the log.
    pub fn events(&mut self) -> String {
        (self.asked, self.bytes, self.stopped) = (0, 0, None);
        let event = |line: &String| {
            let number = head(line).map_or(0, |head| head.sequence);
            format!("id: {number}\ndata: {line}\n\n")
        };
        std::mem::take(&mut self.lines).iter().map(event).collect()
    }

    /// How the events begin; `request_id` is the id of the client's request.
    pub fn events_head(request_id: &str) -> ReplyHead {
        let headers = vec![
            ("content-type", "text/event-stream".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", request_id.to_owned()),
        ];
        ReplyHead { status: 200, headers }
    }

    /// The answer to a request for `target` with this id. Where there is more, it has the address that continues it: in the `Link` header
    /// (RFC 8288), and as `next` in JSON.
    pub fn answer(self, target: &Target, request_id: &str) -> Reply {
        let last = self.lines.last().and_then(|line| head(line)).map(|head| head.sequence);
        let enough = self.lines.len() as u64 >= self.question.limit || self.bytes >= MAX_BYTES;
        let cursor = self.stopped.or(last.filter(|_| enough));
        let name = if self.question.newest { "before" } else { "after" };
        let next = cursor.map(|cursor| target.with(name, &cursor.to_string()));
        let (content_type, body) = match self.format {
            Format::Lines => ("application/jsonl", lines(&self.lines)),
            Format::Csv => ("text/csv; charset=utf-8; header=present", csv::table(&self.lines)),
            Format::Json => {
                let rows = self.lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
                ("application/json", json!({ "rows": rows.collect::<Vec<_>>(), "next": next }).to_string())
            }
        };
        let mut headers = vec![
            ("content-type", content_type.to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", request_id.to_owned()),
        ];
        if let Some(next) = next {
            headers.push(("link", format!("<{next}>; rel=\"next\"")));
        }
        Reply { head: ReplyHead { status: 200, headers }, body: Bytes(body.into_bytes()) }
    }
}

fn lines(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// The first format of `Accept` that there is; JSON Lines where it names none.
fn format(accept: Option<&str>) -> Format {
    let types = accept.unwrap_or_default().split(',').map(essence);
    let mut known = types.filter_map(|name| match name.as_str() {
        "application/json" => Some(Format::Json),
        "text/csv" => Some(Format::Csv),
        "application/jsonl" | "application/x-ndjson" => Some(Format::Lines),
        _ => None,
    });
    known.next().unwrap_or(Format::Lines)
}

/// Whether the log is to be followed.
pub fn is_followed(accept: Option<&str>) -> bool {
    accept.unwrap_or_default().split(',').any(|name| essence(name) == "text/event-stream")
}

/// A day or a time as rows write it: in UTC with milliseconds.
fn moment(text: &str) -> Option<String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    parse_time(&whole).map(timestamp).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
