//! What a key or a tenant may use, and for how long that is counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::{Date, Month, OffsetDateTime};

use crate::fault::{Fault, Faults, Path};
use crate::json::{self, Json};
use crate::schema::{ENDLESS, Field, Shape, document};

/// The most that a cost may be limited to, in US dollars (ours): below 2⁶³ billionths.
const MOST_USD: u128 = 1_000_000_000;

/// One kind of limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Requests in a minute.
    Requests,
    /// Tokens in a minute, of prompts and answers.
    Tokens,
    /// Calls that go on at the same time.
    Calls,
    /// Billionths of a dollar in a day.
    Day,
    /// Billionths of a dollar in a month.
    Month,
}

impl Limit {
    /// Every kind.
    pub const ALL: [Limit; 5] = [Limit::Requests, Limit::Tokens, Limit::Calls, Limit::Day, Limit::Month];

    /// Its name, as `/v1/keys`, problems and webhooks have it.
    pub const fn name(self) -> &'static str {
        match self {
            Limit::Requests => "requestsPerMinute",
            Limit::Tokens => "tokensPerMinute",
            Limit::Calls => "callsAtOnce",
            Limit::Day => "costPerDay",
            Limit::Month => "costPerMonth",
        }
    }

    /// The window of `now_ms` (Unix ms), first and last millisecond + 1: minutes, days and months of UTC. Calls that go on
    /// are counted without one.
    pub fn window(self, now_ms: u64) -> (u64, u64) {
        let of = |length: u64| {
            let start = now_ms - now_ms % length;
            (start, start.saturating_add(length))
        };
        match self {
            Limit::Requests | Limit::Tokens => of(60_000),
            Limit::Day => of(86_400_000),
            Limit::Calls => (0, u64::MAX),
            Limit::Month => month(now_ms).unwrap_or_else(|| of(31 * 86_400_000)),
        }
    }

    /// An amount, as messages write it.
    pub fn amount(self, amount: u64) -> String {
        match self {
            Limit::Day | Limit::Month => format!("{} USD", dollars(amount)),
            _ => amount.to_string(),
        }
    }
}

fn month(now_ms: u64) -> Option<(u64, u64)> {
    let now = OffsetDateTime::from_unix_timestamp(i64::try_from(now_ms / 1_000).ok()?).ok()?;
    let (year, next) = match now.month() {
        Month::December => (now.year() + 1, Month::January),
        month => (now.year(), month.next()),
    };
    let ms = |year, month| {
        let first = Date::from_calendar_date(year, month, 1).ok()?.midnight().assume_utc();
        u64::try_from(first.unix_timestamp()).ok()?.checked_mul(1_000)
    };
    Some((ms(now.year(), now.month())?, ms(year, next)?))
}

/// The limits of a key or a tenant; what is not there is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits(pub BTreeMap<Limit, u64>);

/// The members of limits in a body.
pub const LIMITS: &[Field] = &[
    Field::optional("requestsPerMinute", Shape::Integer(1, ENDLESS)),
    Field::optional("tokensPerMinute", Shape::Integer(1, ENDLESS)),
    Field::optional("callsAtOnce", Shape::Integer(1, ENDLESS)),
    Field::optional("costPerDay", Shape::Any).about("US dollars: a decimal number, or one as a string."),
    Field::optional("costPerMonth", Shape::Any).about("US dollars: a decimal number, or one as a string."),
];

static BY_TENANT: Shape = Shape::Map(&Shape::Object(LIMITS));

impl Limits {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads a value whose shape was compared with [`LIMITS`].
    pub fn read(value: Json, path: &Path, faults: &mut Faults) -> Option<Limits> {
        let mut limits = BTreeMap::new();
        let Json::Object(members) = value else { return None };
        for (name, value) in members {
            let Some(limit) = Limit::ALL.into_iter().find(|limit| limit.name() == name) else { continue };
            let amount = match (&value, limit) {
                (Json::String(text), Limit::Day | Limit::Month) => usd(text),
                (Json::Number(number), Limit::Day | Limit::Month) => usd(&number.to_string()),
                (Json::Number(number), _) => number.as_u64().or_else(|| number.as_f64().map(|number| number as u64)),
                _ => None,
            };
            match amount {
                Some(amount) => drop(limits.insert(limit, amount)),
                None => faults.add(|| {
                    let message = format!("Expected US dollars above 0 and at most {MOST_USD}, such as \"12.50\".");
                    Fault::new(&path.name(&name), "bad_amount", message)
                }),
            }
        }
        Some(Limits(limits))
    }

    /// The limits of tenants: `{"acme": {"costPerMonth": 100}, "*": {…}}`; `*` are all that are not named.
    ///
    /// # Errors
    /// Every fault, with its path.
    pub fn by_tenant(text: &str) -> Result<BTreeMap<String, Limits>, Faults> {
        let members = document(json::parse(text.as_bytes())?, &BY_TENANT)?.into_members();
        let mut faults = Faults::default();
        let read = |(tenant, limits): (String, Json)| {
            let path = Path::root().name(&tenant);
            Some((tenant, Limits::read(limits, &path, &mut faults)?))
        };
        let limits = members.into_iter().filter_map(read).collect();
        if faults.is_empty() { Ok(limits) } else { Err(faults) }
    }

    /// As clients see them: costs are decimal strings of US dollars.
    pub fn document(&self) -> Value {
        let members = self.0.iter().map(|(limit, amount)| {
            let amount = match limit {
                Limit::Day | Limit::Month => json!(dollars(*amount)),
                _ => json!(amount),
            };
            (limit.name().to_owned(), amount)
        });
        Value::Object(members.collect())
    }
}

fn usd(text: &str) -> Option<u64> {
    let amount = nano(text).filter(|amount| (1..=MOST_USD * 1_000_000_000).contains(amount))?;
    u64::try_from(amount).ok()
}

/// A decimal number in 10⁻⁹: digits, perhaps a point and one to nine digits, perhaps an exponent as serde_json
/// writes it for small numbers.
pub(crate) fn nano(text: &str) -> Option<u128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| (-30..=30).contains(e))?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let plain = digits.len() <= 30 && !whole.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || (mantissa.contains('.') && part.is_empty()) {
        return None;
    }
    let shift = 9 + exponent - part.len() as i32;
    let number: u128 = digits.parse().ok()?;
    let power = 10_u128.checked_pow(shift.unsigned_abs())?;
    if shift >= 0 { number.checked_mul(power) } else { number.is_multiple_of(power).then(|| number / power) }
}

/// Billionths of a dollar as an exact decimal of at least two places.
pub(super) fn dollars(billionths: u64) -> String {
    let text = format!("{}.{:09}", billionths / 1_000_000_000, billionths % 1_000_000_000);
    let exact = text.trim_end_matches('0').len();
    text.get(..exact.max(text.len() - 7)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_minutes_days_and_months_of_utc() {
        // 2024-02-29T23:59:59.999Z and the millisecond after it.
        let leap = 1_709_251_199_999;
        for (limit, now, expected) in [
            (Limit::Requests, 61_000, (60_000, 120_000)),
            (Limit::Day, 86_400_000 * 3 + 5, (86_400_000 * 3, 86_400_000 * 4)),
            (Limit::Month, leap, (1_706_745_600_000, 1_709_251_200_000)),
            (Limit::Month, leap + 1, (1_709_251_200_000, 1_711_929_600_000)),
            // December 2026.
            (Limit::Month, 1_797_000_000_000, (1_796_083_200_000, 1_798_761_600_000)),
            (Limit::Calls, leap, (0, u64::MAX)),
        ] {
            assert_eq!(limit.window(now), expected, "{limit:?} at {now}");
        }
        let _ = Limit::Month.window(u64::MAX);
    }

    #[test]
    fn limits_are_read_and_written() {
        let read = |text: &str| Limits::by_tenant(text);
        let limits =
            read(r#"{"acme":{"requestsPerMinute":60,"costPerDay":"12.5","costPerMonth":100},"*":{}}"#).unwrap();
        let acme = &limits["acme"];
        assert_eq!(acme.0[&Limit::Day], 12_500_000_000);
        assert_eq!(acme.document(), json!({"requestsPerMinute": 60, "costPerDay": "12.50", "costPerMonth": "100.00"}));
        assert!(limits["*"].is_empty());
        for text in [
            "",
            "[]",
            r#"{"a":7}"#,
            r#"{"a":{"requestsPerMinute":0}}"#,
            r#"{"a":{"requests":1}}"#,
            r#"{"a":{"costPerDay":-1}}"#,
            r#"{"a":{"costPerDay":"0"}}"#,
            r#"{"a":{"costPerDay":"1e99"}}"#,
            r#"{"a":{"costPerDay":[]}}"#,
            r#"{"a":{"costPerDay":"canary"}}"#,
        ] {
            let faults = read(text).unwrap_err();
            assert!(faults.iter().all(|fault| !fault.message.contains("canary")), "{text}");
        }
        assert_eq!(
            (dollars(0), dollars(84_000), dollars(u64::MAX)),
            ("0.00".into(), "0.000084".into(), "18446744073.709551615".into())
        );
    }
}
