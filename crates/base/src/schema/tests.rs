//! Shapes against documents: codes, paths and sentences.

use super::*;
use crate::json;
use crate::work;

static SHAPE: Shape = Shape::Object(&[
    Field::required("name", Shape::Text(Text::new(3, 5).rule(Rule::Name))),
    Field::optional("points", Shape::Text(Text::new(0, 2).points())),
    Field::optional("model", Shape::Text(Text::new(1, 64).rule(Rule::Label))),
    Field::optional("id", Shape::Text(Text::of(Rule::Uuid))),
    Field::optional("url", Shape::Text(Text::of(Rule::Https))),
    Field::optional("at", Shape::Text(Text::of(Rule::Time))),
    Field::optional("text", Shape::Text(Text::of(Rule::Containing(&["{input}", "{context}"])))),
    Field::optional("mode", Shape::OneOf(&["strict", "standard"])),
    Field::optional("share", Shape::Number(0.0, 1.5)),
    Field::optional("count", Shape::Integer(1, 10)),
    Field::optional("most", Shape::Integer(60, ENDLESS)),
    Field::optional("on", Shape::Bool),
    Field::optional("stream", Shape::False),
    Field::optional(
        "filters",
        Shape::List(List {
            item: &Shape::Object(&[
                Field::required("type", Shape::OneOf(&["a", "b"])),
                Field::required("action", Shape::OneOf(&["x", "y"])),
            ]),
            least: 1,
            most: 3,
            unique: Some(&["type", "action"]),
        }),
    ),
    Field::optional(
        "names",
        Shape::List(List { item: &Shape::Text(Text::of(Rule::Variable)), least: 0, most: 4, unique: Some(&[]) }),
    ),
    Field::optional("open", Shape::Open(&[Field::required("needed", Shape::Any)])),
    Field::optional("map", Shape::Map(&Shape::Integer(0, 9))),
    Field::optional("either", Shape::Either(&Shape::Text(Text::of(Rule::Variable)), &Shape::Open(&[]))),
    Field::optional("schema", Shape::JsonSchema),
]);

fn flaws(member: &str) -> Vec<(String, String, String)> {
    let comma = if member.is_empty() { "" } else { "," };
    let body = format!("{{\"name\":\"abc\"{comma}{member}}}");
    match document(json::parse(body.as_bytes()).unwrap(), &SHAPE) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(|fault| (fault.path, fault.code.to_owned(), fault.message)).collect(),
    }
}

#[test]
fn good_documents() {
    for member in [
        "",
        r#""points":"😀😀""#,
        r#""model":"claude-3-5-sonnet-20241022""#,
        r#""id":"0198C0DE-1234-4abc-8def-0123456789ab""#,
        r#""url":"https://a.example:8443/x?y=z""#,
        r#""url":"https://[::1]/""#,
        r#""at":"2026-01-31T00:00:00Z""#,
        r#""at":"2026-01-31t00:00:00.123+01:00""#,
        r#""text":"say {input}""#,
        r#""mode":"strict""#,
        r#""share":1.5"#,
        r#""share":0"#,
        r#""count":10.0"#,
        r#""count":1e1"#,
        r#""most":9007199254740991"#,
        r#""on":false,"stream":false"#,
        r#""filters":[{"type":"a","action":"x"},{"type":"a","action":"y"}]"#,
        r#""names":[],"open":{"needed":null,"more":1},"map":{"x":1,"y":9}"#,
        r#""either":"a_1""#,
        r#""either":{}"#,
        r#""schema":{"type":"object","properties":{"x":"string"}}"#,
    ] {
        assert_eq!(flaws(member), [], "{member}");
    }
}

#[test]
fn bad_documents() {
    for (member, path, code, message) in [
        (r#""points":"abc""#, "$.points", "too_long", "Expected at most 2 characters, found 3."),
        (r#""points":1"#, "$.points", "wrong_type", "Expected a string, found a number."),
        (r#""model":"  ""#, "$.model", "empty", "Expected a text, found nothing or only white space."),
        (r#""model":"a\nb""#, "$.model", "control_character", "Expected no control characters, found one: remove it."),
        (r#""model":"AKIAQX3KZ7PLM2WVB6TN""#, "$.model", "not_a_name", ""),
        (r#""id":"urn:uuid:0198c0de-1234-4abc-8def-0123456789ab""#, "$.id", "not_a_uuid", ""),
        (r#""id":"0198c0de12344abc8def0123456789ab""#, "$.id", "not_a_uuid", ""),
        (r#""id":[]"#, "$.id", "wrong_type", "Expected a UUID, found an array."),
        (r#""url":"http://a.example""#, "$.url", "bad_url", ""),
        (r#""url":"https://""#, "$.url", "bad_url", ""),
        (r#""url":"https://user@a.example""#, "$.url", "bad_url", ""),
        (r#""url":"https://a.example/#x""#, "$.url", "bad_url", ""),
        (r#""url":"https://a.example/ b""#, "$.url", "bad_url", ""),
        (r#""at":"yesterday""#, "$.at", "bad_time", ""),
        (r#""at":"2026-01-31""#, "$.at", "bad_time", ""),
        (r#""at":"2026-01-31T00:00:00.Z""#, "$.at", "bad_time", ""),
        (
            r#""text":"say input""#,
            "$.text",
            "no_placeholder",
            "Expected one of `{input}`, `{context}` in this text, found none: add it.",
        ),
        (
            r#""mode":"strikt""#,
            "$.mode",
            "unknown_value",
            "Expected one of `strict`, `standard`. Did you mean `strict`?",
        ),
        (r#""mode":null"#, "$.mode", "wrong_type", "Expected one of `strict`, `standard`, found null."),
        (r#""share":-0.1"#, "$.share", "out_of_range", "Expected a number from 0 to 1.5, found a smaller one."),
        (r#""share":1.8e308"#, "$", "invalid_json", ""),
        (r#""count":1.5"#, "$.count", "not_an_integer", "Expected an integer from 1 to 10, found a fraction."),
        (r#""count":11"#, "$.count", "out_of_range", "Expected an integer from 1 to 10, found a larger one."),
        (r#""most":59"#, "$.most", "out_of_range", "Expected an integer of at least 60, found a smaller one."),
        (r#""count":"3""#, "$.count", "wrong_type", "Expected an integer from 1 to 10, found a string."),
        (r#""on":0"#, "$.on", "wrong_type", "Expected true or false, found a number."),
        (r#""stream":true"#, "$.stream", "wrong_type", "Expected false, found true."),
        (r#""filters":[]"#, "$.filters", "too_few", "Expected at least 1 items, found 0."),
        (r#""filters":{}"#, "$.filters", "wrong_type", "Expected an array, found an object."),
        (r#""filters":[{"type":"a","action":"x"},{"action":"x","type":"a"}]"#, "$.filters[1]", "duplicate", ""),
        (r#""names":["a","b","a"]"#, "$.names[2]", "duplicate", "Duplicate: remove this one, or the one before."),
        (r#""names":["1a"]"#, "$.names[0]", "bad_name", ""),
        (r#""open":{}"#, "$.open.needed", "missing_field", "`needed` is required: add it."),
        (r#""map":{"x":10}"#, "$.map.x", "out_of_range", ""),
        (r#""either":1"#, "$.either", "wrong_type", "Expected a variable's name or an object, found a number."),
        (r#""nam":1"#, "$.nam", "unknown_field", "`nam` is not allowed here: did you mean `name`?"),
        (
            r#""schema":{"type":"object","properties":{"x":{"type":"strng"}}}"#,
            "$.schema.properties.x.type",
            "unknown_value",
            "",
        ),
        (
            r#""schema":{"type":"object","properties":{"x":{"pattern":"a"}}}"#,
            "$.schema.properties.x.pattern",
            "unsupported_keyword",
            "",
        ),
    ] {
        let body = format!("{{\"name\":\"abc\",{member}}}");
        let problem = decode(body.as_bytes(), &SHAPE).unwrap_err();
        let found: Vec<_> = problem.errors.iter().map(|fault| (fault.path.as_str(), fault.code)).collect();
        assert_eq!(found, [(path, code)], "{member}");
        assert!(message.is_empty() || problem.errors[0].message == message, "{member}: {}", problem.errors[0].message);
    }
    for (body, found) in [("[]", "an array"), ("null", "null"), ("\"x\"", "a string"), ("1", "a number")] {
        let problem = decode(body.as_bytes(), &SHAPE).unwrap_err();
        assert_eq!(problem.errors[0].message, format!("Expected an object, found {found}."));
    }
    let missing = decode(b"{}", &SHAPE).unwrap_err();
    assert_eq!(missing.detail, "$.name: `name` is required: add it.");
}

#[test]
fn values_are_never_quoted() {
    for member in [r#""mode":"canary""#, r#""model":"password=canary1x""#, r#""id":"canary""#, r#""name2":"canary""#] {
        assert!(!format!("{:?}", flaws(member)).contains("canary"), "{member}");
    }
}

#[test]
fn documents_are_taken_apart() {
    let body = r#"{"name":"abc","count":3.0,"on":true,"names":["a","b"],"open":{"needed":1},"filters":[{"type":"a","action":"x"}]}"#;
    let mut document = decode(body.as_bytes(), &SHAPE).unwrap();
    assert_eq!((document.text("name").as_deref(), document.integer("count")), (Some("abc"), Some(3)));
    assert_eq!((document.flag("on"), document.flag("on"), document.text("id")), (Some(true), None, None));
    assert_eq!(document.texts("names").unwrap(), ["a", "b"]);
    assert_eq!(document.objects("filters").remove(0).text("type").as_deref(), Some("a"));
    assert_eq!(document.object("open").unwrap().integer("needed"), Some(1));
    assert!(document.into_members().is_empty());
}

#[test]
fn work_grows_with_the_document() {
    let body =
        |count: usize| format!("{{\"map\":{{{}\"x\":1}},\"nam\":[{}1]}}", "\"y\":10,".repeat(0), "1,".repeat(count));
    let unknown = |count: usize| {
        let members: Vec<String> = (0..count).map(|at| format!("\"nam{at}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    for make in [&body as &dyn Fn(usize) -> String, &unknown] {
        let looked = |count| work::of(|| drop(decode(make(count).as_bytes(), &SHAPE)));
        let (once, twice) = (looked(20_000), looked(40_000));
        assert!(twice <= once * 21 / 10 + 5_000 && twice < 200_000, "{once} {twice}");
    }
}
