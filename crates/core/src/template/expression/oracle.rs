//! The recogniser against `oxc_parser`, over expressions that are made from a grammar and then damaged.
//!
//! Where they differ, one of the [`Class`]es explains it; an unexplained difference fails.

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::super::placeholder::{Malformation, Malformed};
use super::{Expression, recognise};

/// Expressions that are tried; half of them damaged.
const TRIES: u32 = 300_000;

/// Whether all of `source` is what stands in a `${…}`.
fn ours_of(source: &str) -> Result<Expression, Malformed> {
    let text = format!("${{{source}}}");
    let read = recognise(&text, 2);
    match read.close {
        Some(close) if close + 1 == text.len() => read.outcome,
        _ => Err(read.outcome.err().unwrap_or(Malformed {
            kind: Malformation::StrayCloser,
            span: 0..0,
            placeholder: 0..0,
            message: "closed early",
        })),
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

/// Random numbers (xorshift64*), so that a seed says what was tried.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % most
    }
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const NAMES: [&str; 14] =
    ["a", "b", "user", "order_id", "$x", "_y", "async", "get", "set", "of", "let_", "é", "\\u0061b", "名前"];
const LITERALS: [&str; 22] = [
    "1",
    "0",
    "1.5",
    ".5",
    "1e3",
    "0x1F",
    "0b10",
    "0o7",
    "10n",
    "1_000",
    "'s'",
    "\"d\"",
    "'\\n\\u{61}\\x41'",
    "`t`",
    "/re/g",
    "/[/]\\//u",
    "null",
    "true",
    "this",
    "''",
    "`a${1}b`",
    "1.",
];
const BINARY: [&str; 28] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "==",
    "!=",
    "===",
    "!==",
    "<",
    ">",
    "<=",
    ">=",
    "<<",
    ">>",
    ">>>",
    "&",
    "|",
    "^",
    "&&",
    "||",
    "??",
    " in ",
    " instanceof ",
    ",",
    " \n+ ",
    "/* c */-",
];
const ASSIGN: [&str; 10] = ["=", "+=", "-=", "**=", "<<=", ">>>=", "&&=", "||=", "??=", "/="];
const UNARY: [&str; 10] = ["-", "+", "!", "~", "typeof ", "void ", "delete ", "await ", "++", "--"];

/// An expression of about `size` parts.
fn make(random: &mut Random, size: usize, out: &mut String) {
    if size == 0 {
        match random.below(3) {
            0 => out.push_str(random.pick(&LITERALS)),
            _ => out.push_str(random.pick(&NAMES)),
        }
        return;
    }
    let size = size - 1;
    let part = |random: &mut Random, out: &mut String| {
        let size = random.below(size + 1);
        make(random, size, out);
    };
    let around = |random: &mut Random, out: &mut String, open: &str, close: &str| {
        out.push_str(open);
        let size = random.below(size + 1);
        make(random, size, out);
        out.push_str(close);
    };
    match random.below(26) {
        0..=4 => {
            part(random, out);
            out.push_str(random.pick(&BINARY));
            part(random, out);
        }
        5 | 6 => {
            out.push_str(random.pick(&UNARY));
            part(random, out);
        }
        7 | 8 => around(random, out, "(", ")"),
        9 => {
            part(random, out);
            out.push_str(random.pick(&[".b", ".if", "?.c", ".constructor", "\n.d", "?.5:1"]));
        }
        10 => {
            part(random, out);
            let open = random.pick(&["[", "?.["]);
            around(random, out, open, "]");
        }
        11 | 12 => {
            part(random, out);
            out.push_str(random.pick(&["(", "?.(", "("]));
            for _ in 0..random.below(3) {
                out.push_str(random.pick(&["", "", "..."]));
                part(random, out);
                out.push(',');
            }
            out.push(')');
        }
        13 => {
            part(random, out);
            around(random, out, "?", ":");
            part(random, out);
        }
        14 => {
            part(random, out);
            out.push_str(random.pick(&ASSIGN));
            part(random, out);
        }
        15 => list(random, size, out, "[", "]"),
        16 | 17 => object(random, size, out),
        18 => {
            out.push_str("`x");
            around(random, out, "${", "}");
            out.push_str(random.pick(&["`", "$`", "${a}`", "\\``"]));
        }
        19 => {
            part(random, out);
            around(random, out, "`${", "}`");
        }
        20 => {
            out.push_str(random.pick(&["", "async ", ""]));
            out.push_str(random.pick(&[
                "a",
                "()",
                "(a,b)",
                "({a,b:[c]=d,...e})",
                "([a,,b=1],...c)",
                "({a=1},)",
                "(a.b)",
            ]));
            out.push_str("=>");
            match random.below(3) {
                0 => out.push_str(random.pick(&["{}", "{ return a/b }", "{ if (a) { return `}` } }", "({})"])),
                _ => part(random, out),
            }
        }
        21 => {
            out.push_str("new ");
            part(random, out);
            out.push_str(random.pick(&["", "()", "(a)", ".b()"]));
        }
        22 => out.push_str(random.pick(&[
            "function(){}",
            "function f(a,b=1){return a}",
            "async function*g(){}",
            "class{}",
            "class A extends B{m(){}}",
            "class extends a.b(){static x=1}",
            "function*(){yield 1}",
            "import('x')",
            "import.meta.url",
        ])),
        23 => {
            part(random, out);
            out.push_str(random.pick(&["++", "--", "\n++"]));
        }
        24 => {
            list(random, size, out, "[", "]");
            out.push('=');
            part(random, out);
        }
        _ => {
            out.push('(');
            object(random, size, out);
            out.push_str(random.pick(&["=a)", "=a)", ")=>a", ")"]));
        }
    }
}

fn list(random: &mut Random, size: usize, out: &mut String, open: &str, close: &str) {
    out.push_str(open);
    for _ in 0..random.below(4) {
        out.push_str(random.pick(&["", "", "", "..."]));
        make(random, size / 2, out);
        out.push_str(random.pick(&["", "=1", ""]));
        out.push_str(random.pick(&[",", ",", ",,"]));
    }
    out.push_str(random.pick(&["", "a"]));
    out.push_str(close);
}

fn object(random: &mut Random, size: usize, out: &mut String) {
    out.push('{');
    for _ in 0..random.below(4) {
        match random.below(9) {
            0 => out.push_str(random.pick(&NAMES)),
            1 => out.push_str("a=1"),
            2 => {
                out.push_str("...");
                make(random, size / 2, out);
            }
            3 => out.push_str(random.pick(&[
                "get x(){return 1}",
                "set x(v){}",
                "async m(){}",
                "*g(){}",
                "async*h(){}",
                "m(a,b){}",
                "get:1",
                "async",
                "get",
                "'s'(){}",
                "get 1(){}",
                "static(){}",
                "async get(){}",
                "get",
                "set:a",
            ])),
            4 => {
                out.push('[');
                make(random, size / 2, out);
                out.push_str(random.pick(&["]:1", "](){}", "]:a"]));
            }
            5 => {
                out.push_str(random.pick(&["'s'", "1", "if", "0x1", "1n", "__proto__"]));
                out.push(':');
                make(random, size / 2, out);
            }
            _ => {
                out.push_str(random.pick(&NAMES));
                out.push(':');
                make(random, size / 2, out);
                out.push_str(random.pick(&["", "", "=2"]));
            }
        }
        out.push(',');
    }
    out.push('}');
}

const SCRAPS: [&str; 72] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "?",
    "?.",
    ".",
    "...",
    "=>",
    "=",
    "==",
    "+",
    "++",
    "-",
    "--",
    "*",
    "**",
    "/",
    "&&",
    "||",
    "??",
    "!",
    "`",
    "${",
    "'",
    "\"",
    "\\",
    "\n",
    " ",
    "//",
    "/*",
    "*/",
    "#",
    "@",
    "a",
    "b",
    "1",
    "0",
    "n",
    "_",
    "e",
    ".5",
    "in",
    "of",
    "new",
    "await ",
    "async ",
    "yield ",
    "function ",
    "class ",
    "super",
    "this",
    "import",
    "if",
    "let ",
    "typeof ",
    "delete ",
    "null",
    "eval",
    "arguments",
    "\\u0061",
    "é",
    "\u{2028}",
    "\u{feff}",
    "=1",
    "()",
    "{}",
];

/// Takes out, doubles, puts in or replaces a few pieces.
fn damage(random: &mut Random, source: &mut String) {
    for _ in 0..1 + random.below(2) {
        let place = |random: &mut Random, source: &str| {
            let at = random.below(source.len() + 1);
            source.floor_char_boundary(at)
        };
        let at = place(random, source);
        match random.below(4) {
            0 => source.insert_str(at, random.pick(&SCRAPS)),
            1 => {
                let end = source.ceil_char_boundary((at + 1 + random.below(3)).min(source.len()));
                source.replace_range(at..end, "");
            }
            2 => {
                let end = source.ceil_char_boundary((at + 1).min(source.len()));
                source.replace_range(at..end, random.pick(&SCRAPS));
            }
            _ => {
                let end = source.ceil_char_boundary((at + 1 + random.below(6)).min(source.len()));
                let piece = source[at..end].to_owned();
                let to = place(random, source);
                source.insert_str(to, &piece);
            }
        }
    }
}

/// Why the two may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// We do not look into parameters of functions and into bodies: with those empty, both accept.
    Opaque,
    /// oxc's parser leaves the words, numbers and escapes that only sloppy code may use to a later stage.
    Sloppy,
    /// It leaves `eval = 1` and `arguments = 1` to a later stage, too.
    Eval,
    /// It leaves private names and `super` outside of classes to a later stage.
    Outside,
    /// It reads `async(...a, b)` and `async(...a,)` as parameters only; they may be arguments (ECMA-262, 15.9).
    AsyncArguments,
    /// It does not see `??` behind `(a) ||`.
    Coalesce,
}

/// What explains that `source` is read differently; `None` where nothing does.
fn explain(source: &str, ours: &Result<Expression, Malformed>, theirs: &Result<(), String>) -> Option<Class> {
    match (ours, theirs) {
        (Ok(expression), Err(message)) => {
            // How many parameters an accessor has is a matter of its parameters.
            if message.starts_with("A 'set' accessor") || message.starts_with("A 'get' accessor") {
                return Some(Class::Opaque);
            }
            if !expression.opaque.is_empty() {
                let mut emptied = source.to_owned();
                let mut places = expression.opaque.clone();
                places.sort_by_key(|place| std::cmp::Reverse(place.start));
                for place in places {
                    emptied.replace_range(place.start - 2..place.end - 2, "");
                }
                let theirs = theirs_of(&emptied);
                // What differs besides is looked at by itself.
                return if theirs.is_ok() {
                    Some(Class::Opaque)
                } else {
                    explain(&emptied, &ours_of(&emptied), &theirs)
                };
            }
            let parameters = message.contains("rest parameter") || message.contains("Expected `,` or `)`");
            (parameters && source.contains("async") && source.contains("...")).then_some(Class::AsyncArguments)
        }
        (Err(bad), Ok(())) => {
            let at = bad.span.start.saturating_sub(2)..bad.span.end.saturating_sub(2);
            let place = source.get(at.clone()).unwrap_or_default();
            const STRICT: [&str; 10] = [
                "let",
                "static",
                "implements",
                "interface",
                "package",
                "private",
                "protected",
                "public",
                "yield",
                "await",
            ];
            let digits = place.starts_with(|c: char| c.is_ascii_digit()) || place.starts_with('\\');
            if STRICT.contains(&place) || digits {
                return Some(Class::Sloppy);
            }
            if source.contains("eval") || source.contains("arguments") {
                return Some(Class::Eval);
            }
            if place == "#" || place == "super" || source.get(at.end..).is_some_and(|rest| rest.starts_with('#')) {
                return Some(Class::Outside);
            }
            (place == "??" || place == "||" || place == "&&").then_some(Class::Coalesce)
        }
        _ => None,
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
#[expect(clippy::disallowed_macros, reason = "a randomised test prints its seed")]
fn agrees_with_oxc() {
    let seed = option_env!("TEMPLATE_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(20_261_121u64);
    println!("TEMPLATE_SEED={seed}");
    let mut random = Random(seed.max(1));
    let (mut tried, mut valid) = (0u32, 0u32);
    let mut classes = std::collections::BTreeMap::<Class, u32>::new();
    let mut unexplained = std::collections::BTreeMap::<String, (u32, String)>::new();
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
}
