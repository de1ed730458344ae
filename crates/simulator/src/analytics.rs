//! `POST /api/v2/analytics/llm-gateway/details/query` (section 12, row E8): what calls have used.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::document::{Members, invalid, read};
use crate::page::Page;
use crate::record::Received;
use crate::refusal::Refusal;
use crate::resource::Act;
use crate::usage::{GROUPS, METRICS};

/// Longest interval.
const MOST: Duration = Duration::days(31);

/// Sums usage by group.
pub(crate) fn query(received: &Received) -> Result<Act, Refusal> {
    let (mut dates, mut groups, mut metrics) = (None, Vec::new(), Vec::new());
    let body = read(&received.body, |members| {
        members.only(&["dateFrom", "dateTo", "groupBy", "metrics", "pageNumber", "pageSize"]);
        dates = date(members, "dateFrom").zip(date(members, "dateTo"));
        if dates.is_some_and(|(from, to)| to <= from || to - from > MOST) {
            members.fault("dateTo", "must be later than dateFrom, by at most 31 days");
        }
        groups = names(members, "groupBy", GROUPS);
        metrics = names(members, "metrics", METRICS);
    })?;
    let number = |name: &str| body.get(name).map(Value::as_u64);
    let page = Page::read(number("pageNumber"), number("pageSize")).map_err(invalid)?;
    Ok(Box::new(move |state, _| {
        let (from, to) = dates.unwrap_or((OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH));
        Ok(page.of(state.usage.query(from, to, &groups, &metrics)))
    }))
}

fn date(members: &mut Members<'_>, name: &str) -> Option<OffsetDateTime> {
    let text = members.get(name).and_then(Value::as_str);
    let date = text.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    if date.is_none() {
        members.fault(name, "must be an RFC 3339 date and time");
    }
    date
}

/// One or more of `known`, each once.
fn names(members: &mut Members<'_>, name: &str, known: &[&str]) -> Vec<String> {
    let given = members.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let found: Vec<String> =
        given.iter().filter_map(Value::as_str).filter(|text| known.contains(text)).map(str::to_owned).collect();
    let mut once = found.clone();
    once.sort();
    once.dedup();
    if found.is_empty() || once.len() != given.len() {
        members.fault(name, format!("must be an array of one or more of {}", known.join(", ")));
    }
    found
}
