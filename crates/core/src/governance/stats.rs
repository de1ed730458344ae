//! Time series: requests, tokens, cost and time by minute and by hour, for who asks how it went (`GET /v1/stats`). They
//! travel with the metrics and are kept apart from them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{parse_time, timestamp};
use crate::fault::{Fault, Faults, Path, nearest};
use crate::problem::{Code, Problem};
use crate::route::Target;

/// A minute, in milliseconds.
pub const MINUTE_MS: u64 = 60_000;
/// An hour, in minutes.
pub const HOUR: u64 = 60;
/// How long buckets of a minute are kept, in minutes: two days.
pub const KEPT_MINUTES: u64 = 48 * HOUR;
/// How long buckets of an hour are kept, in minutes: more than a year.
pub const KEPT_HOURS: u64 = 400 * 24 * HOUR;
/// Most series of one tenant in a bucket (ours): what comes beyond has `other` for its model, code and upstream.
pub const MAX_SERIES: u64 = 500;
/// Most series that wait in an isolate (ours).
const MOST: usize = 2_000;
/// Most points of one answer (ours): some megabytes.
pub const MAX_POINTS: u64 = 10_000;
/// Longest name in a series, in characters (ours).
const MAX_NAME: usize = 64;

/// What is distinguished.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Series {
    /// Minutes since 1970.
    pub minute: u64,
    /// Whose key it was.
    pub tenant: String,
    /// The model that was asked; empty for what asks none.
    pub model: String,
    /// The address of the table of routes.
    pub route: String,
    /// The problem's code; empty for a success.
    pub code: String,
    /// The upstream that was asked last; empty where none was.
    pub upstream: String,
}

impl Series {
    /// The same for a name that is one of too many.
    pub fn other(self) -> Series {
        let other = || "other".to_owned();
        Series { model: other(), code: other(), upstream: other(), ..self }
    }
}

/// What is summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Requests.
    pub requests: u64,
    /// Tokens of prompts, as upstream reports.
    pub prompt_tokens: u64,
    /// Tokens of answers.
    pub completion_tokens: u64,
    /// Billionths of a US dollar.
    pub cost: u64,
    /// From request to end, milliseconds.
    pub latency_ms: u64,
}

impl Sums {
    fn add(&mut self, other: Sums) {
        self.requests = self.requests.saturating_add(other.requests);
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
        self.cost = self.cost.saturating_add(other.cost);
        self.latency_ms = self.latency_ms.saturating_add(other.latency_ms);
    }
}

/// What an isolate has counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Series, Sums)>", into = "Vec<(Series, Sums)>")]
pub struct Points(BTreeMap<Series, Sums>);

impl From<Vec<(Series, Sums)>> for Points {
    fn from(points: Vec<(Series, Sums)>) -> Points {
        Points(points.into_iter().collect())
    }
}

impl From<Points> for Vec<(Series, Sums)> {
    fn from(points: Points) -> Self {
        points.0.into_iter().collect()
    }
}

impl Points {
    /// Adds to a series.
    pub fn add(&mut self, series: Series, sums: Sums) {
        let short = |name: String| name.chars().take(MAX_NAME).collect();
        let Series { minute, tenant, model, route, code, upstream } = series;
        let mut series = Series { minute, tenant, model: short(model), route, code, upstream: short(upstream) };
        if self.0.len() >= MOST && !self.0.contains_key(&series) {
            series = series.other();
        }
        self.0.entry(series).or_default().add(sums);
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: Points) {
        other.0.into_iter().for_each(|(series, sums)| self.add(series, sums));
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What series are distinguished by.
pub const DIMENSIONS: [&str; 5] = ["tenant", "model", "route", "code", "upstream"];

/// How long a bucket of the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its name")]
pub enum Step {
    Minute,
    Hour,
    Day,
}

impl Step {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Its length in minutes.
    pub const fn minutes(self) -> u64 {
        match self {
            Step::Minute => 1,
            Step::Hour => HOUR,
            Step::Day => 24 * HOUR,
        }
    }

    /// The longest time that is answered for, in minutes: what is kept, and no more than a month of hours.
    const fn most(self) -> u64 {
        match self {
            Step::Minute => KEPT_MINUTES,
            Step::Hour => 31 * 24 * HOUR,
            Step::Day => KEPT_HOURS,
        }
    }
}

/// A question, as the object that keeps the points is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Minutes since 1970, at the beginning of a bucket.
    pub from: u64,
    /// Minutes since 1970, not in it.
    pub to: u64,
    /// How long each bucket is.
    pub step: Step,
    /// What is distinguished, of [`DIMENSIONS`].
    pub by: Vec<String>,
    /// Whose points; none for everybody's.
    pub tenant: Option<String>,
}

/// A point of the object's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The beginning of its bucket, minutes since 1970.
    pub minute: u64,
    /// The values of what is distinguished, in the question's order.
    pub by: Vec<String>,
    /// What was summed.
    pub sums: Sums,
}

impl Question {
    /// `?from&to&step&by=tenant,model`, at `now_ms` (Unix ms): the last day by hours unless asked otherwise.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`], with every fault.
    pub fn of(target: &Target, tenant: Option<&str>, now_ms: u64) -> Result<Question, Problem> {
        let query = target.query(&["from", "to", "step", "by"])?;
        let mut faults = Faults::default();
        let mut wrong = |name: &str, code: &'static str, message: String| {
            faults.add(|| Fault::new(&Path::root().name("query").name(name), code, message));
        };
        let step = match query.get("step") {
            None | Some("hour") => Step::Hour,
            Some("minute") => Step::Minute,
            Some("day") => Step::Day,
            Some(_) => {
                wrong("step", "unknown_value", "Expected `minute`, `hour` or `day`.".to_owned());
                Step::Hour
            }
        };
        let mut by: Vec<String> = Vec::new();
        for name in query.get("by").unwrap_or_default().split(',').filter(|name| !name.is_empty()) {
            if !DIMENSIONS.contains(&name) {
                let hint = nearest(name, &DIMENSIONS).map(|meant| format!(" Did you mean `{meant}`?"));
                let message = format!("Expected some of {}.{}", DIMENSIONS.join(","), hint.unwrap_or_default());
                wrong("by", "unknown_value", message);
            } else if !by.iter().any(|known| known == name) {
                by.push(name.to_owned());
            }
        }
        let mut time = |name: &str| {
            let text = query.get(name)?;
            let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
            let found = parse_time(&whole);
            if found.is_none() {
                let message = "Expected a day (2026-11-26) or a time (2026-11-26T09:00:00Z) that exists.".to_owned();
                wrong(name, "bad_time", message);
            }
            found.map(|ms| ms / MINUTE_MS)
        };
        let to = time("to").unwrap_or(now_ms / MINUTE_MS + 1);
        let from = time("from").unwrap_or(to.saturating_sub(24 * HOUR));
        if faults.is_empty() && from >= to {
            faults.add(|| {
                Fault::new(&Path::root().name("query").name("to"), "out_of_range", "Expected a time after `from`.")
            });
        } else if faults.is_empty() && to - from > step.most() + step.minutes() {
            let message =
                format!("Expected at most {} days of `{}`: ask in parts.", step.most() / HOUR / 24, step.name());
            faults.add(|| Fault::new(&Path::root().name("query").name("from"), "out_of_range", message));
        }
        if !faults.is_empty() {
            return Err(Problem::with_errors(Code::InvalidRequest, faults));
        }
        let from = from - from % step.minutes();
        Ok(Question { from, to, step, by, tenant: tenant.map(str::to_owned) })
    }

    /// The buckets that are asked: those of a minute, or those of an hour.
    pub fn kept_by(&self) -> u64 {
        if self.step == Step::Minute { 1 } else { HOUR }
    }

    /// The answer.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] where there are more points than one answer has.
    pub fn answer(&self, points: &[Point]) -> Result<String, Problem> {
        if points.len() as u64 > MAX_POINTS {
            let detail =
                format!("There are more than {MAX_POINTS} points: ask for a shorter time, or tell less apart.");
            return Err(Problem::new(Code::InvalidRequest, detail));
        }
        let time = |minute: u64| timestamp(minute.saturating_mul(MINUTE_MS));
        let one = |point: &Point| {
            let mut members = Map::from_iter([("time".to_owned(), Value::from(time(point.minute)))]);
            members.extend(self.by.iter().cloned().zip(point.by.iter().map(|value| value.as_str().into())));
            let Sums { requests, prompt_tokens, completion_tokens, cost, latency_ms } = point.sums;
            let mean = latency_ms.checked_div(requests);
            members.extend([
                ("requests".to_owned(), requests.into()),
                ("prompt_tokens".to_owned(), prompt_tokens.into()),
                ("completion_tokens".to_owned(), completion_tokens.into()),
                ("cost_usd".to_owned(), super::cost::usd(cost).into()),
                ("latency_ms_mean".to_owned(), mean.into()),
            ]);
            Value::from(members)
        };
        let points: Vec<Value> = points.iter().map(one).collect();
        let answer = json!({
            "from": time(self.from), "to": time(self.to), "step": self.step.name(), "by": self.by, "points": points,
        });
        Ok(answer.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_764_180_540_000; // 2025-11-26T18:09:00Z

    fn of(query: &str) -> Result<Question, Vec<String>> {
        let target = Target::find("GET", &format!("/v1/stats{query}")).unwrap();
        Question::of(&target, None, NOW)
            .map_err(|problem| problem.errors.into_iter().map(|fault| fault.path).collect::<Vec<_>>())
    }

    #[test]
    fn questions() {
        let day = of("").unwrap();
        assert_eq!((day.to - day.from, day.step), (24 * HOUR + 9 + 1, Step::Hour), "from the beginning of an hour");
        let question = of("?from=2025-11-25&to=2025-11-26T09:30:00%2B01:00&step=minute&by=model,tenant,model").unwrap();
        assert_eq!(question.to - question.from, 32 * HOUR + 30);
        assert_eq!((question.by, question.step.minutes()), (vec!["model".to_owned(), "tenant".to_owned()], 1));
        for (query, paths) in [
            ("?step=second&by=key&from=x", &["$.query.step", "$.query.by", "$.query.from"][..]),
            ("?from=2025-11-26&to=2025-11-25", &["$.query.to"]),
            ("?from=2025-11-20&step=minute", &["$.query.from"]),
            ("?from=2025-01-01", &["$.query.from"]),
            ("?from=2020-01-01&step=day", &["$.query.from"]),
            ("?group=model", &["$.query.group"]),
        ] {
            assert_eq!(of(query).unwrap_err(), paths, "{query}");
        }
        assert!(of("?from=2025-01-01&step=day").is_ok());
    }

    #[test]
    fn points_are_summed_and_bounded() {
        let series = |model: &str| Series {
            minute: 5,
            tenant: "t".into(),
            model: model.into(),
            route: "/v1/chat".into(),
            code: String::new(),
            upstream: "u".into(),
        };
        let one = Sums { requests: 1, prompt_tokens: 2, completion_tokens: 3, cost: 4, latency_ms: u64::MAX };
        let mut points = Points::default();
        (0..3).for_each(|_| points.add(series("m"), one));
        let text = serde_json::to_string(&points).unwrap();
        let mut read: Points = serde_json::from_str(&text).unwrap();
        read.merge(points);
        let (_, sums) = Vec::from(read.clone()).pop().unwrap();
        assert_eq!((sums.requests, sums.cost, sums.latency_ms), (6, 24, u64::MAX));
        (0..3 * MOST).for_each(|number| read.add(series(&format!("{number}{}", "é".repeat(99))), one));
        let all = Vec::from(read);
        assert!(all.len() <= MOST + 1 && all.iter().all(|(series, _)| series.model.chars().count() <= MAX_NAME));
        assert_eq!(all.iter().map(|(_, sums)| sums.requests).sum::<u64>(), 6 + 3 * MOST as u64, "none is lost");
    }

    #[test]
    fn an_answer_says_what_was_told_apart() {
        let question = of("?by=model").unwrap();
        let sums = Sums { requests: 2, prompt_tokens: 5, completion_tokens: 7, cost: 1_500_000, latency_ms: 301 };
        let point = Point { minute: NOW / MINUTE_MS, by: vec!["m".into()], sums };
        let answer: Value = serde_json::from_str(&question.answer(std::slice::from_ref(&point)).unwrap()).unwrap();
        assert_eq!(
            answer["points"][0],
            json!({ "time": "2025-11-26T18:09:00.000Z", "model": "m", "requests": 2, "prompt_tokens": 5,
                "completion_tokens": 7, "cost_usd": "0.001500", "latency_ms_mean": 150 })
        );
        assert!(question.answer(&vec![point; MAX_POINTS as usize + 1]).is_err());
    }
}
