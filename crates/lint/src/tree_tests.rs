use super::*;
use crate::json::MAX_DEPTH;

fn errors(text: &str) -> Vec<(usize, usize)> {
    Tree::read(text).errors.into_iter().map(|error| (error.span.start, error.span.end)).collect()
}

#[test]
fn values_have_their_places() {
    let text = " {\"a\": [1, {\"b\\n\": \"x\\u00e9\"}], \"c\": null} ";
    let tree = Tree::read(text);
    assert!(tree.errors.is_empty() && tree.complete);
    let shown: Vec<(String, &str)> =
        tree.ids().map(|id| (tree.path(id).to_string(), &text[tree.node(id).span.clone()])).collect();
    let rows: Vec<(&str, &str)> = shown.iter().map(|(path, source)| (path.as_str(), *source)).collect();
    assert_eq!(
        rows,
        [
            ("$", text.trim()),
            ("$.a", "[1, {\"b\\n\": \"x\\u00e9\"}]"),
            ("$.a[0]", "1"),
            ("$.a[1]", "{\"b\\n\": \"x\\u00e9\"}"),
            ("$.a[1]['b\u{FFFD}']", "\"x\\u00e9\""),
            ("$.c", "null"),
        ]
    );
    let string = tree.text(Id(4)).unwrap();
    assert_eq!(string.as_str(), "xé");
    assert_eq!(&text[string.source(1..3)], "\\u00e9");
}

#[test]
fn mistakes_are_placed_and_reading_goes_on_where_it_can() {
    for (text, places, complete) in [
        ("", &[(0, 0)][..], false),
        ("  ", &[(2, 2)][..], false),
        ("{\"a\":1,}", &[(6, 7)][..], true),
        ("[1,]", &[(2, 3)][..], true),
        ("{\"a\":1 \"b\":2}", &[(7, 8)][..], true),
        ("[\"a\" \"b\"]", &[(5, 6)][..], true),
        ("{\"a\":\"x\ny\"}", &[(7, 8)][..], true),
        ("{\"a\":\"\\x\"}", &[(6, 7)][..], true),
        ("\"\\ud800\"", &[(1, 7)][..], true),
        ("\"\\ud83d\\ude00\"", &[], true),
        ("\"\\u12\"", &[(1, 3)][..], true),
        ("// hi\n{}", &[(0, 5)][..], true),
        ("{} /* a */ /* b */", &[(3, 10)][..], true),
        ("{}{}", &[(2, 3)][..], false),
        ("{\"a\"", &[(4, 4)][..], false),
        ("{\"a\":", &[(5, 5)][..], false),
        ("{\"a\":1", &[(6, 6)][..], false),
        ("{'a':1}", &[(1, 2)][..], false),
        ("{\"a\":'x'}", &[(5, 6)][..], false),
        ("{\"a\":\"x", &[(5, 6)][..], false),
        ("[1}", &[(2, 3)][..], false),
        ("nul", &[(0, 1)][..], false),
        ("NaN", &[(0, 1)][..], false),
        ("1e999", &[(0, 5)][..], true),
        ("01", &[(0, 2)][..], true),
        ("é", &[(0, 2)][..], false),
    ] {
        assert_eq!(errors(text), places, "{text}");
        assert_eq!(Tree::read(text).complete, complete, "{text}");
    }
}

#[test]
fn duplicates_are_the_later_ones() {
    let tree = Tree::read(r#"{"a":1,"b":{"c":1,"\u0063":2},"a":3"#);
    let paths: Vec<_> = tree.duplicates.iter().map(|id| (tree.path(*id).to_string(), tree.number(*id))).collect();
    assert_eq!(paths, [("$.b.c".to_owned(), Some(2.0)), ("$.a".to_owned(), Some(3.0))]);
    assert_eq!(tree.find(&["a"]).and_then(|id| tree.number(id)), Some(3.0), "the last one counts");
}

#[test]
fn depth_is_bounded() {
    let deep = |levels| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert!(Tree::read(&deep(MAX_DEPTH)).errors.is_empty());
    assert_eq!(errors(&deep(MAX_DEPTH + 1)), [(MAX_DEPTH, MAX_DEPTH + 1)]);
    assert_eq!(Tree::read(&"{\"a\":".repeat(100_000)).errors.len(), 1);
}

proptest::proptest! {
    /// What the gateway's strict reader takes, this one takes, and the other way round.
    #[test]
    fn agrees_with_the_strict_reader(text in r#"([\[\]{}:," \\a0-]|"a"|"b"|null|true|1e5|\\u00e9|\\ud800|é|//|\n){0,14}"#) {
        let tree = Tree::read(&text);
        let lenient = tree.errors.is_empty() && tree.duplicates.is_empty() && tree.complete;
        proptest::prop_assert_eq!(lenient, crate::json::parse(text.as_bytes()).is_ok(), "{}", text);
        for error in &tree.errors {
            proptest::prop_assert!(text.get(error.span.clone()).is_some());
        }
    }
}
