//! Rows as a table of comma-separated values (RFC 4180), for who opens them in a spreadsheet.

use serde_json::Value;

/// The columns: what each is called, and where a line has it.
const COLUMNS: [(&str, &str); 22] = [
    ("sequence", "/sequence"),
    ("time", "/row/time"),
    ("id", "/row/id"),
    ("request_id", "/row/request_id"),
    ("tenant", "/row/tenant"),
    ("key_id", "/row/key_id"),
    ("action", "/row/action"),
    ("resource_type", "/row/resource/type"),
    ("resource_id", "/row/resource/id"),
    ("resource_version", "/row/resource/version"),
    ("outcome", "/row/outcome"),
    ("code", "/row/code"),
    ("rules", "/row/rules"),
    ("model", "/row/model"),
    ("attempts", "/row/attempts"),
    ("prompt_tokens", "/row/tokens/prompt"),
    ("completion_tokens", "/row/tokens/completion"),
    ("cost_usd", "/row/cost_usd"),
    ("latency_ms", "/row/latency_ms"),
    ("policy_sha256", "/row/policy_sha256"),
    ("details", "/row/details"),
    ("hash", "/hash"),
];

/// The table of `lines`, with its head.
pub(super) fn table(lines: &[String]) -> String {
    let mut text = COLUMNS.map(|(name, _)| name).join(",");
    text.push_str("\r\n");
    for line in lines {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let cells = COLUMNS.map(|(name, path)| cell(name, line.pointer(path).unwrap_or(&Value::Null)));
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

fn cell(name: &str, value: &Value) -> String {
    let text = match (name, value) {
        (_, Value::Null) => return String::new(),
        (_, Value::String(text)) => text.clone(),
        ("rules", Value::Array(rules)) => {
            let rule = |rule: &Value| {
                let member = |name: &str| rule.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let count = rule.get("count").and_then(Value::as_u64).unwrap_or(1);
                format!("{}:{}:{}:{count}", member("rule"), member("action"), member("direction"))
            };
            rules.iter().map(rule).collect::<Vec<_>>().join(" ")
        }
        (_, other) => other.to_string(),
    };
    // A spreadsheet would compute what begins so; names of models are a client's own.
    let safe = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text };
    match safe.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", safe.replace('"', "\"\"")),
        false => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_line_is_a_row_and_no_cell_a_formula() {
        let line = |row: Value| json!({ "hash": "h", "previous": "p", "row": row, "sequence": 7 }).to_string();
        let lines = [
            line(json!({ "time": "t", "tenant": "acme", "model": "=HYPERLINK(\"x\")", "attempts": 2, "code": null,
                "rules": [{ "rule": "P001", "action": "block", "direction": "input", "count": 3 }],
                "details": { "a": 1, "b": "," } })),
            line(json!("a row that was no JSON")),
            "not JSON".to_owned(),
        ];
        let text = table(&lines);
        let rows: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(rows.len(), 4, "{text}");
        assert!(rows[0].starts_with("sequence,time,id,") && rows[0].split(',').count() == COLUMNS.len());
        assert!(rows[1].starts_with("7,t,,,acme,,"), "{text}");
        assert!(rows[1].contains(",P001:block:input:3,\"'=HYPERLINK(\"\"x\"\")\",2,"), "{text}");
        assert!(rows[1].contains(r#""{""a"":1,""b"":"",""}""#), "{text}");
        assert!(rows[2].starts_with("7,,,") && rows[2].ends_with(",h"));
    }

    #[test]
    fn hostile_values_stay_in_their_cells() {
        for (value, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("", ""),
        ] {
            assert_eq!(cell("model", &json!(value)), expected, "{value}");
        }
    }
}
