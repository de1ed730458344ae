use super::*;
use Malformation::*;

fn names(text: &str, dialect: Dialect) -> Vec<String> {
    scan(text, dialect).names().map(|name| name.name.clone()).collect()
}

fn malformed(text: &str, dialect: Dialect) -> Vec<(Malformation, &str)> {
    scan(text, dialect).malformed.into_iter().map(|bad| (bad.kind, text.get(bad.span).unwrap())).collect()
}

/// Spans lie within the text on character borders and hold what they say; the work is linear.
fn check_spans(text: &str, dialect: Dialect) {
    let scan = scan(text, dialect);
    for placeholder in &scan.placeholders {
        assert!(text.get(placeholder.span.clone()).is_some_and(|part| part.len() >= 2), "{placeholder:?}");
        assert!(text.get(placeholder.inner.clone()).is_some(), "{placeholder:?}");
        if let Some(expression) = placeholder.content.expression() {
            for name in &expression.names {
                let part = text.get(name.span.clone()).expect("a name's span");
                assert!(part == name.name || part.contains('\\') || part.starts_with("async"), "{name:?} {part:?}");
            }
            for member in &expression.members {
                assert!(text.get(member.span.clone()).is_some(), "{member:?}");
            }
            for call in &expression.calls {
                assert!(text.get(call.span.clone()).is_some_and(|part| !part.is_empty()), "{call:?}");
            }
            for (_, span) in &expression.effects {
                assert!(text.get(span.clone()).is_some_and(|part| !part.is_empty()));
            }
        }
    }
    for pair in scan.placeholders.windows(2) {
        assert!(pair[0].span.end <= pair[1].span.start, "{pair:?}");
    }
    for bad in &scan.malformed {
        assert!(text.get(bad.span.clone()).is_some(), "{bad:?}");
        assert!(text.get(bad.placeholder.clone()).is_some(), "{bad:?}");
    }
    let most = 24 * text.len() as u64 + 64;
    assert!(scan.steps <= most, "{} steps for {} bytes of {dialect:?}", scan.steps, text.len());
}

#[test]
fn names_of_each_dialect() {
    use Dialect::{Format, JavaScript, Mustache};
    for (text, dialect, expected) in [
        ("Hi ${user.name}, ${ order?.id ?? fallback }", JavaScript, vec!["user", "order", "fallback"]),
        (r"\${not} \\${yes} $ {no} {no}", JavaScript, vec!["yes"]),
        ("${items.map(x => x.name + sep).join(', ')}", JavaScript, vec!["items", "sep"]),
        ("${`${a} ${b}`}", JavaScript, vec!["a", "b"]),
        ("${{a, b: c}.a}", JavaScript, vec!["a", "c"]),
        ("{{name}} {{ other }} {{{raw}}} {{&and}}", Mustache, vec!["name", "other", "raw", "and"]),
        ("{{#if a}}x{{else if b}}y{{else}}z{{/if}}", Mustache, vec!["a", "b"]),
        ("{{#each items as |item i|}}{{item.name}}{{i}}{{@index}}{{this}}{{/each}}", Mustache, vec!["items"]),
        ("{{! name }}{{!-- {{x}} --}}{{> card who=user}}", Mustache, vec!["user"]),
        ("{{formatDate date 'YYYY' zone=tz (upper city)}}", Mustache, vec!["date", "tz", "city"]),
        (r"\{{no}} {no} ${no}", Mustache, vec![]),
        ("{\"a\": {\"b\": {{x}}}}", Mustache, vec!["x"]),
        ("{name} {user.id[0]!r:>{width}} {{no}} {0}", Format, vec!["name", "user", "width", "0"]),
    ] {
        assert_eq!(names(text, dialect), expected, "{text}");
        assert_eq!(malformed(text, dialect), [], "{text}");
        check_spans(text, dialect);
    }
}

#[test]
fn what_is_malformed() {
    use Dialect::{Format, JavaScript, Mustache};
    for (text, dialect, expected) in [
        ("${}", JavaScript, vec![(Empty, "")]),
        ("${ /* */ }", JavaScript, vec![(Empty, " /* */ ")]),
        ("a ${user name} b", JavaScript, vec![(NotAnExpression, "name")]),
        ("${don't} ${ok}", JavaScript, vec![(NotAnExpression, "'")]),
        ("Hello ${name, and ${other}", JavaScript, vec![(Unclosed, "${")]),
        ("${(a}", JavaScript, vec![(NotAnExpression, "}")]),
        ("${a +}", JavaScript, vec![(NotAnExpression, "}")]),
        ("${class}", JavaScript, vec![(NotAnExpression, "}")]),
        ("${if}", JavaScript, vec![(NotAnExpression, "if")]),
        ("{{}} {{ }}", Mustache, vec![(Empty, "{{}}"), (Empty, "{{ }}")]),
        ("{{name and {{other}}", Mustache, vec![(Unclosed, "{{")]),
        ("{name}}", Mustache, vec![(StrayCloser, "}}")]),
        ("{{\"a\": 1}}", Mustache, vec![(NotAnExpression, "{{\"a\": 1}}")]),
        ("{{#if a}}", Mustache, vec![(UnbalancedSection, "{{#if a}}")]),
        ("{{/if}}", Mustache, vec![(UnbalancedSection, "{{/if}}")]),
        ("{{else}}", Mustache, vec![(UnbalancedSection, "{{else}}")]),
        ("{{#a}}{{#b}}{{/a}}", Mustache, vec![(UnbalancedSection, "{{#b}}")]),
        ("{{{a}}", Mustache, vec![(Unclosed, "{{{a}}")]),
        ("{{! open", Mustache, vec![(Unclosed, "{{")]),
        ("{} }", Format, vec![(Empty, "{}"), (StrayCloser, "}")]),
        ("{a b}", Format, vec![(NotAnExpression, "{a b}")]),
        ("{name", Format, vec![(Unclosed, "{")]),
        ("{\"a\": {x}}", Format, vec![(LiteralBraces, "{\"a\": {x}}")]),
        ("{\n {\"a\": 1}}", Format, vec![(LiteralBraces, "{\n {\"a\": 1}}"), (LiteralBraces, "{\"a\": 1}")]),
    ] {
        assert_eq!(malformed(text, dialect), expected, "{text}");
        check_spans(text, dialect);
    }
}

#[test]
fn too_complex() {
    for text in [
        format!("${{{}", "[".repeat(700)),
        format!("${{{}1{}}}", "[".repeat(65), "]".repeat(65)),
        format!("${{{}}}", "a+".repeat(600) + "a"),
        format!("${{{}}}", "`${".repeat(100)),
        format!("${{{}}}", "a?".repeat(100)),
    ] {
        let bad = scan(&text, Dialect::JavaScript).malformed;
        assert_eq!(bad.first().map(|bad| bad.kind), Some(TooComplex), "{}", &text[..40]);
    }
    let fits = format!("${{{}}}", "a".repeat(MAX_EXPRESSION));
    assert_eq!(malformed(&fits, Dialect::JavaScript), []);
    let nested = format!("${{{}1{}}}", "[".repeat(64), "]".repeat(64));
    assert_eq!(malformed(&nested, Dialect::JavaScript), []);
    let sections = format!("{}{}", "{{#a}}".repeat(70), "{{/a}}".repeat(70));
    let bad = scan(&sections, Dialect::Mustache).malformed;
    assert_eq!(bad.iter().map(|bad| bad.kind).collect::<Vec<_>>(), [TooComplex]);
    assert_eq!(malformed(&format!("{{{{{}}}}}", "a".repeat(1025)), Dialect::Mustache)[0].0, TooComplex);
    assert_eq!(malformed(&format!("{{{}}}", "a".repeat(1025)), Dialect::Format)[0].0, TooComplex);
}

/// 64 KiB of each, and twice as much costs about twice as much.
#[test]
fn work_grows_with_the_text() {
    let pieces = [
        "{",
        "}",
        "${",
        "{{",
        "}}",
        "${`",
        "`",
        "'",
        "\"",
        "${'",
        "{{'",
        "{{\"",
        "[",
        "(",
        "${[",
        "${(",
        "${{",
        "\\",
        "${a",
        "{{a",
        "{a",
        "{:{",
        "{{!",
        "{{!--",
        "{{!-- }}",
        "{{#a}}",
        "{{/a}}",
        "{{#a}}{{/b}}",
        "${a}",
        "${/",
        "${/*",
        "${//",
        "${a?",
        "${`${",
        "{{{",
        "}}}",
        "{ ",
        "{{ ' }}",
        "{{a '",
        "${function(){",
        "é",
        "${é",
        "{{😀",
        "$",
        "${\\u{",
        "{{a (",
        "{\"",
        "{a!r:{",
        "${${",
        "{{#if a}}{{else}}",
        "${'\n",
        "{{a \"\n",
    ];
    for piece in pieces {
        for &dialect in Dialect::ALL {
            let text = piece.repeat((64 << 10) / piece.len());
            check_spans(&text, dialect);
            let (half, whole) =
                (scan(&text[..text.floor_char_boundary(text.len() / 2)], dialect), scan(&text, dialect));
            assert!(whole.steps <= 3 * half.steps + 4096, "{piece}: {} then {}", half.steps, whole.steps);
        }
        let text = piece.repeat((64 << 10) / piece.len());
        let steps = detect(&text).steps;
        assert!(steps <= 3 * text.len() as u64 + 64, "{piece}: {steps} to tell the dialect");
    }
}

#[test]
fn dialects_are_told_apart() {
    use Dialect::{Format, JavaScript, Mustache};
    for (text, expected, others) in [
        ("Hello ${name}, {other}", Some(JavaScript), 2),
        ("Hello {{name}}", Some(Mustache), 1),
        ("Answer {\"a\": {\"b\": 1}} for {{name}}", Some(Mustache), 1),
        ("Answer {{\"a\": 1}} for {name}", Some(Format), 1),
        ("{{#if a}}b{{/if}} ${x}", Some(Mustache), 2),
        ("plain { text } {\"json\": true}", None, 0),
        ("{} and {0}", Some(Format), 1),
        ("function f() { return 1; }", None, 0),
        ("{{{{raw}}}} {{{a}}", Some(Mustache), 1),
        ("{{ {{a}}", Some(Mustache), 1),
        ("{{a: 1}} {{", None, 0),
        (r"\{{a}} \{b} \\{c}", Some(Format), 1),
        ("${a", Some(JavaScript), 1),
        ("{{! a note }} {b}", Some(Format), 1),
        ("{a\n} {é} {{!", Some(Format), 1),
        ("{{", None, 0),
    ] {
        let found = detect(text);
        assert_eq!((found.dialect, found.occurring.len()), (expected, others), "{text}: {found:?}");
    }
}

#[test]
fn what_expressions_do() {
    let text = "${a.b['c'][`d`][e](f.g(1), new H(), i++, j = 2, delete k.l, await m, (n) => n, o`x`)}";
    let scan = scan(text, Dialect::JavaScript);
    assert_eq!(scan.malformed, []);
    let expression = scan.expressions().next().unwrap();
    let names: Vec<_> = expression.names.iter().map(|name| name.name.as_str()).collect();
    assert_eq!(names, ["a", "e", "f", "H", "i", "j", "k", "m", "o"]);
    let members: Vec<_> = expression.members.iter().map(|member| member.name.as_deref()).collect();
    assert_eq!(members, [Some("b"), Some("c"), Some("d"), None, Some("g"), Some("l")]);
    let calls: Vec<_> = expression.calls.iter().map(|call| &text[call.span.clone()]).collect();
    assert_eq!(calls, ["a.b['c'][`d`][e]", "f.g", "o"]);
    assert_eq!(expression.calls[1].callee, Some(vec!["f".to_owned(), "g".to_owned()]));
    let effects: Vec<_> = expression.effects.iter().map(|(effect, _)| *effect).collect();
    use Effect::*;
    assert_eq!(effects, [New, Update, Assignment, Delete, Await, Function]);
    assert_eq!(expression.path, None);
}

#[test]
fn paths() {
    let path =
        |text: &str, dialect| scan(text, dialect).expressions().next().unwrap().path.clone().map(|path| path.join("/"));
    for (text, dialect, expected) in [
        ("${a}", Dialect::JavaScript, Some("a")),
        ("${ a.b['c d'] }", Dialect::JavaScript, Some("a/b/c d")),
        ("${a?.b}", Dialect::JavaScript, Some("a/b")),
        ("${a()}", Dialect::JavaScript, None),
        ("${a + b}", Dialect::JavaScript, None),
        ("${-a}", Dialect::JavaScript, None),
        ("${a, b}", Dialect::JavaScript, None),
        ("${new a}", Dialect::JavaScript, None),
        ("${a++}", Dialect::JavaScript, None),
        ("${a = b}", Dialect::JavaScript, None),
        ("${a ? b : c}", Dialect::JavaScript, None),
        ("${x => x}", Dialect::JavaScript, None),
        ("{{a.b}}", Dialect::Mustache, Some("a/b")),
        ("{{a b}}", Dialect::Mustache, None),
        ("{a.b[c]!r}", Dialect::Format, Some("a/b/c")),
    ] {
        assert_eq!(path(text, dialect).as_deref(), expected, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn never_panics(text: String) {
        for &dialect in Dialect::ALL {
            check_spans(&text, dialect);
        }
        proptest::prop_assert!(detect(&text).steps <= 3 * text.len() as u64 + 64);
    }

    #[test]
    fn never_panics_on_what_looks_like_placeholders(text in "([{}$`'\"#/^!>& .|=()a-cé\\\\]|as|else|\\$\\{|\\{\\{){0,60}") {
        for &dialect in Dialect::ALL {
            check_spans(&text, dialect);
        }
        proptest::prop_assert!(detect(&text).steps <= 3 * text.len() as u64 + 64);
    }
}
