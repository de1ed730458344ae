//! Searching the rows of an object: a bounded part with each request.

use promptgate_core::governance::chain::{Field, Found, Question, Segment};
use worker::SqlStorageValue;

use super::AuditObject;
use crate::object::sql;

/// How many rows one statement looks at, and how many statements one request makes (ours): some 20 ms each, where no index
/// helps.
const SPAN: u64 = 10_000;
const SPANS: u32 = 5;

impl AuditObject {
    /// Looks through a bounded number of rows.
    pub(super) fn search(&self, question: &Question) -> worker::Result<Found> {
        let mut range = self.range(question)?;
        let mut lines: Vec<String> = Vec::new();
        let mut reached = 0;
        for _ in 0..SPANS {
            let Some((low, high)) = range else { return Ok(Found { lines, reached, end: true }) };
            let (from, to) = match question.newest {
                false => (low, high.min(low.saturating_add(SPAN - 1))),
                true => (low.max(high.saturating_sub(SPAN - 1)), high),
            };
            let limit = question.limit.saturating_sub(lines.len() as u64);
            let found = self.span(question, from, to, limit)?;
            let enough = found.len() as u64 >= limit;
            lines.extend(found);
            if enough {
                let last = lines.last().and_then(|line| Segment::number(line)).unwrap_or_default();
                return Ok(Found { lines, reached: last, end: false });
            }
            (reached, range) = match question.newest {
                false => (to, Some((to + 1, high)).filter(|_| to < high)),
                true => (from, Some((low, from.saturating_sub(1))).filter(|_| from > low)),
            };
        }
        let end = range.is_none();
        Ok(Found { lines, reached, end })
    }

    /// The first and last row that may be meant; none where there is none.
    fn range(&self, question: &Question) -> worker::Result<Option<(u64, u64)>> {
        let hour = |time: &Option<String>| time.as_deref().and_then(|time| time.get(..13)).map(str::to_owned);
        let (from, to) = (hour(&question.from).unwrap_or_default(), hour(&question.to).unwrap_or("~".to_owned()));
        let times = vec![SqlStorageValue::from(from), to.into()];
        let timed = question.from.is_some() || question.to.is_some();
        let bound = |select: &str, all: &str| match timed {
            true => sql::number(&self.sql, select, times.clone()),
            false => self.number(all),
        };
        let low = bound(
            "SELECT MIN(first) AS number FROM hours WHERE hour >= ? AND hour <= ?",
            "SELECT MIN(sequence) AS number FROM rows",
        )?;
        let high = bound(
            "SELECT MAX(last) AS number FROM hours WHERE hour >= ? AND hour <= ?",
            "SELECT MAX(sequence) AS number FROM rows",
        )?;
        let Some((low, high)) = low.zip(high) else { return Ok(None) };
        let low = low.max(question.after.saturating_add(1));
        let high = high.min(question.before.saturating_sub(1));
        Ok((low <= high).then_some((low, high)))
    }

    fn span(&self, question: &Question, from: u64, to: u64, limit: u64) -> worker::Result<Vec<String>> {
        let mut query = "SELECT line FROM rows WHERE sequence BETWEEN ? AND ?".to_owned();
        let mut values = vec![sql::value(from), sql::value(to)];
        for (field, value) in &question.filters {
            match field {
                Field::Rule => {
                    query.push_str(
                        " AND sequence IN (SELECT sequence FROM fired WHERE rule = ? AND sequence BETWEEN ? AND ?)",
                    );
                    values.extend([value.as_str().into(), sql::value(from), sql::value(to)]);
                }
                // Paths are ours.
                field => {
                    query.push_str(&format!(" AND json_extract(line, '{}') = ?", field.path()));
                    values.push(value.as_str().into());
                }
            }
        }
        for (time, comparison) in [(&question.from, ">="), (&question.to, "<")] {
            if let Some(time) = time {
                query.push_str(&format!(" AND json_extract(line, '$.row.time') {comparison} ?"));
                values.push(time.as_str().into());
            }
        }
        query.push_str(if question.newest { " ORDER BY sequence DESC LIMIT ?" } else { " ORDER BY sequence LIMIT ?" });
        values.push(sql::value(limit));
        self.lines(&query, values)
    }
}
