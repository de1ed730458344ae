//! Canonical JSON (RFC 8785, JCS): one text for one value, so that its hash can be compared by anyone.

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

/// `value` without white space, members ordered by the UTF-16 code units of their names, numbers as
/// ECMAScript writes them. An integer beyond ±2⁵³ becomes the nearest double, as the RFC has it (3.2.2.3).
/// The depth is that of the value, which is 64 at most for what [`crate::json::parse`] has read.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// SHA-256 of the canonical text of `value`, 64 hexadecimal digits.
pub fn hash(value: &Value) -> String {
    hex(&Sha256::digest(canonical(value)))
}

/// Bytes as small hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A number as ECMAScript writes it, and so never in more than 21 digits: `1e+300`.
pub fn number(value: f64) -> String {
    ryu_js::Buffer::new().format(value).to_owned()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => write_object(members, out),
    }
}

fn write_object(members: &Map<String, Value>, out: &mut String) {
    let mut ordered: Vec<_> = members.iter().collect();
    ordered.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
    out.push('{');
    for (index, (name, value)) in ordered.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(name, out);
        out.push(':');
        write(value, out);
    }
    out.push('}');
}

fn write_number(number: &Number, out: &mut String) {
    // A Number without arbitrary precision is always a finite double.
    out.push_str(&self::number(number.as_f64().unwrap_or_default()));
}

/// serde_json escapes what RFC 8785 (3.2.2.2) does, and in the same way: the two-letter forms, else \u00xx in
/// small letters, and nothing beyond U+001F.
fn write_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// RFC 8785, appendix B, without its rows for what is no JSON number.
    #[test]
    fn numbers_of_the_rfc() {
        for (bits, expected) in [
            (0x0000000000000000_u64, "0"),
            (0x8000000000000000, "0"),
            (0x0000000000000001, "5e-324"),
            (0x8000000000000001, "-5e-324"),
            (0x7fefffffffffffff, "1.7976931348623157e+308"),
            (0xffefffffffffffff, "-1.7976931348623157e+308"),
            (0x4340000000000000, "9007199254740992"),
            (0xc340000000000000, "-9007199254740992"),
            (0x4430000000000000, "295147905179352830000"),
            (0x44b52d02c7e14af5, "9.999999999999997e+22"),
            (0x44b52d02c7e14af6, "1e+23"),
            (0x44b52d02c7e14af7, "1.0000000000000001e+23"),
            (0x444b1ae4d6e2ef4e, "999999999999999700000"),
            (0x444b1ae4d6e2ef4f, "999999999999999900000"),
            (0x444b1ae4d6e2ef50, "1e+21"),
            (0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"),
            (0x3eb0c6f7a0b5ed8d, "0.000001"),
            (0x41b3de4355555553, "333333333.3333332"),
            (0x41b3de4355555554, "333333333.33333325"),
            (0x41b3de4355555555, "333333333.3333333"),
            (0x41b3de4355555556, "333333333.3333334"),
            (0x41b3de4355555557, "333333333.33333343"),
            (0xbecbf647612f3696, "-0.0000033333333333333333"),
            (0x43143ff3c1cb0959, "1424953923781206.2"),
        ] {
            assert_eq!(canonical(&json!(f64::from_bits(bits))), expected, "{bits:x}");
        }
        assert_eq!(canonical(&json!(u64::MAX)), "18446744073709552000");
        assert_eq!(canonical(&json!(i64::MIN)), "-9223372036854776000");
    }

    /// RFC 8785, 3.2.2 and 3.2.3: numbers as they are read, escapes, and the order of members.
    #[test]
    fn the_examples_of_the_rfc() {
        let text = r#"{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            canonical(&value),
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
             \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
        let text = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        let order: Vec<_> =
            ["\\r", "1", "\u{80}", "ö", "€", "😀", "\u{fb33}"].map(|name| format!("\"{name}\":")).into();
        let written = canonical(&value);
        let places: Vec<_> = order.iter().map(|name| written.find(name.as_str()).unwrap()).collect();
        assert!(places.is_sorted(), "{written}");
    }

    #[test]
    fn escapes() {
        let all: String =
            (0..=0x20).map(|code| char::from(code as u8)).chain(['"', '\\', '/', '\u{7f}', 'é']).collect();
        let expected = "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f\
            \\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\\u001d\\u001e\
            \\u001f \\\"\\\\/\u{7f}é\"";
        assert_eq!(canonical(&json!(all)), expected);
    }

    #[test]
    fn hashes() {
        // printf '{}' | sha256sum
        assert_eq!(hash(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        assert_eq!(hash(&json!({"a": 1.0, "b": 2})), hash(&json!({"b": 2.0, "a": 1})));
    }
}
