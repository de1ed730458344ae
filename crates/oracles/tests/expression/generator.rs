//! Expressions that are made from a grammar, and damaged.

/// Random numbers (xorshift64*), so that a seed says what was tried.
pub(crate) struct Random(u64);

impl Random {
    /// `seed` says what is tried.
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.max(1))
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
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
pub(crate) fn make(random: &mut Random, size: usize, out: &mut String) {
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
pub(crate) fn damage(random: &mut Random, source: &mut String) {
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
