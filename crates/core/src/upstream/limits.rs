//! What an upstream reports about its rate limits, under the names and in the units that OpenAI's clients know: numbers, and
//! durations as `1s` or `6m0s`.

use crate::http::Head;

/// A header of an answer to a client.
pub type Limit = (&'static str, String);

/// Their names, of requests and of tokens.
const NUMBERS: [&str; 4] = [
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
];
const RESETS: [&str; 2] = ["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"];
/// Longest value that is passed on (ours).
const MAX_VALUE: usize = 32;

/// Those of an answer that has them under these names, as far as they are what they should be. Azure's times are seconds without a unit.
pub(super) fn passed(head: &Head) -> Vec<Limit> {
    let of = |name: &'static str| Some((name, head.header(name)?.trim()));
    let numbers = NUMBERS.into_iter().filter_map(of).filter(|(_, value)| is_number(value));
    let numbers = numbers.map(|(name, value)| (name, value.to_owned()));
    let resets = RESETS.into_iter().filter_map(of).filter_map(|(name, value)| Some((name, duration(value)?)));
    numbers.chain(resets).collect()
}

fn is_number(value: &str) -> bool {
    (1..=MAX_VALUE).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A duration with its units: `250ms`, `1s`, `6m0s`.
fn duration(value: &str) -> Option<String> {
    if is_number(value) {
        return Some(format!("{value}s"));
    }
    let plain = value.bytes().all(|byte| byte.is_ascii_digit() || b".hms".contains(&byte));
    (value.len() <= MAX_VALUE && plain && value.starts_with(|c: char| c.is_ascii_digit())).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&str, &str)]) -> Head {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Head { status: 200, headers }
    }

    #[test]
    fn openais_pass_and_azures_times_get_their_unit() {
        for (value, expected) in [
            ("1s", Some("1s")),
            ("6m0s", Some("6m0s")),
            ("250ms", Some("250ms")),
            ("1.5s", Some("1.5s")),
            ("60", Some("60s")),
            ("", None),
            ("soon", None),
            ("ms", None),
            ("1s\"><x", None),
            ("111111111111111111111111111111111", None),
        ] {
            let found = passed(&head(&[("x-ratelimit-reset-tokens", value)]));
            assert_eq!(found.first().map(|(_, value)| value.as_str()), expected, "{value}");
        }
        let all = [
            ("X-RateLimit-Limit-Requests", "100"),
            ("x-ratelimit-remaining-requests", "99"),
            ("x-ratelimit-limit-tokens", "-1"),
            ("x-ratelimit-remaining-tokens", "canary"),
            ("x-ratelimit-limit-other", "1"),
        ];
        let expected =
            [("x-ratelimit-limit-requests", "100".to_owned()), ("x-ratelimit-remaining-requests", "99".to_owned())];
        assert_eq!(passed(&head(&all)), expected);
    }
}
