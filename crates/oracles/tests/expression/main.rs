//! The recogniser against `oxc_parser`, over expressions that are made from a grammar and then damaged.
//!
//! Where they differ, one of the [`Class`]es explains it; an unexplained difference fails.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]

mod class;
mod generator;

use class::{Class, explain};
use generator::{Random, damage, make};
use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

use promptgate_lint::placeholder::{Content, Dialect, Expression, Malformation, Malformed, scan};

/// Expressions that are tried; half of them damaged.
const TRIES: u32 = 300_000;
/// Rows for crates/lint, which is tested by them where oxc is not compiled; `RECORD=1` writes them.
const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../lint/tests/expressions.jsonl");
/// So many of those that were tried.
const ROWS: usize = 3_000;

/// Whether all of `source` is what is in a `${…}`.
fn ours_of(source: &str) -> Result<Expression, Malformed> {
    let text = format!("${{{source}}}");
    let scan = scan(&text, Dialect::JavaScript);
    if let Some(malformed) = scan.malformed.into_iter().next() {
        return Err(malformed);
    }
    match scan.placeholders.into_iter().next().map(|placeholder| (placeholder.span, placeholder.content)) {
        Some((span, Content::Value { expression, .. })) if span == (0..text.len()) => Ok(expression),
        _ => Err(Malformed {
            kind: Malformation::StrayCloser,
            span: 0..0,
            placeholder: 0..0,
            message: "closed early".into(),
        }),
    }
}

/// What oxc says of it as module code: a template literal with this one substitution. Its messages if it refuses.
fn theirs_of(source: &str) -> Result<(), String> {
    let allocator = Allocator::default();
    let text = format!("`${{{source}}}`");
    let parsed = Parser::new(&allocator, &text, SourceType::mjs()).parse();
    if parsed.panicked || !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
    }
    // `a}`+`${b` closes early: it is an expression, but not this one.
    use oxc_ast::ast::{Expression as Tree, Statement};
    match parsed.program.body.as_slice() {
        [Statement::ExpressionStatement(statement)] => match &statement.expression {
            Tree::TemplateLiteral(literal)
                if literal.expressions.len() == 1
                    && literal.quasis.iter().all(|quasi| quasi.value.raw.is_empty())
                    && literal.span.end as usize == text.len() =>
            {
                Ok(())
            }
            _ => Err("closed early".to_owned()),
        },
        _ => Err("closed early".to_owned()),
    }
}

/// One example of each class.
#[test]
fn classes_of_difference() {
    for (source, accepted, class) in [
        ("function(a b){ if }", true, Some(Class::Opaque)),
        ("{m(){ 1 2 }}", true, Some(Class::Opaque)),
        ("class { x y }", true, Some(Class::Opaque)),
        ("{set x() {}}", true, Some(Class::Opaque)),
        ("let", false, Some(Class::Sloppy)),
        ("00", false, Some(Class::Sloppy)),
        ("'\\61'", false, Some(Class::Sloppy)),
        ("eval = 1", false, Some(Class::Eval)),
        ("(arguments) => 1", false, Some(Class::Eval)),
        ("#a in b", false, Some(Class::Outside)),
        ("super.a", false, Some(Class::Outside)),
        ("() => a(await)", false, Some(Class::Sloppy)),
        ("a.#b", false, Some(Class::Outside)),
        ("async(...a, b)", true, Some(Class::AsyncArguments)),
        ("(a) || b ?? c", false, Some(Class::Coalesce)),
    ] {
        let (ours, theirs) = (ours_of(source), theirs_of(source));
        assert_eq!(ours.is_ok(), accepted, "{source}: {ours:?}");
        assert_eq!(theirs.is_ok(), accepted != class.is_some(), "{source}: {theirs:?}");
        assert_eq!(explain(source, &ours, &theirs), class, "{source}");
    }
}

/// What the recogniser says of single expressions, without the oracle.
#[test]
fn expressions_and_others() {
    for source in [
        "a",
        "a, b",
        "a ? b : c ? d : e",
        "a ?? (b || c)",
        "(-a) ** b",
        "a ** -b",
        "`${`${a}`}`",
        "{a, b: [c]}",
        "a / b / c",
        "/[/}]/.test(a)",
        "a\n/b/c",
        "a // }\n + b",
        "a /* } */",
        "'}'",
        "async (a) => await a",
        "a => ({})",
        "() => {}",
        "[a, b] = c",
        "({a = 1} = b)",
        "({a = 1}) => a",
        "new a.b()()",
        "new a",
        "a?.5:1",
        "a?.[0]?.(1)",
        "{if: 1}.if",
        "async",
        "get",
        "of",
        "x => y => x + y",
        "(a, ...b) => 1",
        "[...a, ...b]",
        "f(...a, b,)",
        "typeof a",
        "1..toFixed()",
        "function () {}",
        "class A extends f(x) {}",
        "import('a')",
        "import.meta.url",
        "a\\u{62}c",
        "a`b\\u`",
        "{get a() {}}",
        "await x",
        "a\u{2028}+ b",
    ] {
        assert!(ours_of(source).is_ok(), "{source}: {:?}", ours_of(source));
        assert_eq!(theirs_of(source), Ok(()), "{source}");
    }
    for source in [
        "",
        " ",
        "a b",
        "a +",
        "* a",
        "a ?? b || c",
        "-a ** b",
        "a = ",
        "1 = a",
        "a + b = c",
        "a?.b = 1",
        "a++ ++",
        "++a++",
        "()",
        "(a,)",
        "(...a)",
        "({a = 1})",
        "[{a = 1}]",
        "f({a = 1})",
        "a => {} + 1",
        "a\n=> b",
        "a + b => c",
        "(1) => a",
        "a ? b",
        "a ? b, c : d",
        "new a?.b()",
        "a?.`b`",
        "'a",
        "`a",
        "/a",
        "1a",
        "0x",
        "1_",
        "1__0",
        "if",
        "return a",
        "var a",
        "a;",
        "enum",
        "\\u0069f",
        "'\\x1'",
        "`\\u`",
        "/a/gg",
        "a..b",
        "a.",
        "{a b}",
        "{a: }",
        "{get a: 1}",
        "[a",
        "(a",
        "f(a",
        "a]",
        "a)",
        "() => await a",
        "import()",
        "import",
        "new import('a')",
        "@a",
        "a => b => {}.c",
        "async a",
        "...a",
        "[a=]",
        "class {",
        "function",
        "function () 1",
        "=> a",
        "a => ",
        "//",
        "a /*",
    ] {
        assert!(ours_of(source).is_err(), "{source}");
        assert!(theirs_of(source).is_err(), "{source}");
    }
}

#[test]
fn agrees_with_oxc() {
    let seed = option_env!("TEMPLATE_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121u64);
    println!("TEMPLATE_SEED={seed}");
    let mut random = Random::new(seed);
    let (mut tried, mut valid) = (0u32, 0u32);
    let mut classes = std::collections::BTreeMap::<Class, u32>::new();
    let mut unexplained = std::collections::BTreeMap::<String, (u32, String)>::new();
    let mut rows = String::new();
    let mut count = 0;
    while tried < TRIES {
        let mut source = String::new();
        let size = random.below(7);
        make(&mut random, size, &mut source);
        if random.below(2) == 0 {
            damage(&mut random, &mut source);
        }
        // Beyond the bounds of size they differ by design.
        if source.len() > 400 {
            continue;
        }
        tried += 1;
        let (ours, theirs) = (ours_of(&source), theirs_of(&source));
        valid += u32::from(theirs.is_ok());
        if count < ROWS && ours.is_ok() == theirs.is_ok() {
            count += 1;
            let row = serde_json::json!({"expression": source, "valid": theirs.is_ok()});
            rows.push_str(&format!("{row}\n"));
        }
        let what = match (&ours, &theirs) {
            (Ok(_), Err(message)) => format!("we accept: {message}"),
            (Err(bad), Ok(())) => format!("we refuse: {}", bad.message),
            _ => continue,
        };
        if let Some(class) = explain(&source, &ours, &theirs) {
            *classes.entry(class).or_default() += 1;
            continue;
        }
        let entry = unexplained.entry(what).or_insert((0, source.clone()));
        entry.0 += 1;
        if source.len() < entry.1.len() {
            entry.1 = source;
        }
    }
    println!("{tried} tried, {valid} of them expressions; explained: {classes:?}");
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    assert!(valid > tried / 3 && valid < tried / 3 * 2, "the generator is out of balance");
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(RECORDED, rows).unwrap();
    }
}

/// What is recorded is what oxc says.
#[test]
fn recorded_rows() {
    let rows = std::fs::read_to_string(RECORDED).unwrap();
    assert_eq!(rows.lines().count(), ROWS);
    for row in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        let source = row["expression"].as_str().unwrap();
        assert_eq!(theirs_of(source).is_ok(), row["valid"], "{source}");
    }
}
