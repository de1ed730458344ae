//! Jinja's statements: which there are, how each goes on, and where it ends.

use std::ops::Range;

use super::parser::{Parser, Read, Shape};

/// What a statement does to the blocks around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statement {
    /// It opens a block.
    Open,
    /// It divides one: `else`, `elif`.
    Middle,
    /// It ends one.
    Close,
    /// None of these.
    Alone,
}

/// A block whose end is not there yet.
#[derive(Debug)]
pub(super) struct Open {
    /// The statement that opened it.
    pub(super) name: String,
    /// Where that is.
    pub(super) span: Range<usize>,
    /// What the block is called, where it is one.
    pub(super) label: Option<String>,
    /// Whether its `else` has been there.
    pub(super) last: bool,
}

impl Open {
    /// The name of its end.
    pub(super) fn end(&self) -> String {
        let name = match self.name.as_str() {
            "asyncEach" => "each",
            "asyncAll" => "all",
            "ifAsync" => "if",
            name => name,
        };
        format!("end{name}")
    }

    /// Whether `name` may divide it here.
    pub(super) fn takes(&mut self, name: &str) -> bool {
        let fits = match (self.name.as_str(), name) {
            ("if" | "ifAsync", "elif" | "elseif" | "else") => !self.last,
            ("for" | "asyncEach" | "asyncAll", "else") => !self.last,
            ("switch", "case" | "default") | ("trans", "pluralize") => true,
            _ => false,
        };
        self.last |= name == "else";
        fits
    }
}

/// Reads the statement whose name is the current token.
pub(super) fn read(parser: &mut Parser<'_>, script: bool) -> Read<Statement> {
    const UNKNOWN: &str = "There is no statement of this name: correct it, or remove the tag.";
    let Some(name) = parser.word() else { return parser.refuse("Expected the name of a statement here.") };
    let unknown = parser.span();
    parser.advance();
    match name {
        "if" | "elif" => {
            parser.tuple(Parser::either, false, &[])?;
            Ok(if name == "if" { Statement::Open } else { Statement::Middle })
        }
        "else" => Ok(Statement::Middle),
        "for" => each(parser),
        "set" => set(parser),
        "macro" => {
            parser.target_name()?;
            signature(parser)?;
            Ok(Statement::Open)
        }
        "call" => {
            if parser.is_sign("(") {
                signature(parser)?;
            }
            if parser.expression()? != Shape::Call {
                return parser.refuse("Expected the call of a macro before this.");
            }
            Ok(Statement::Open)
        }
        "filter" => {
            parser.filter()?;
            parser.filters()?;
            Ok(Statement::Open)
        }
        "block" => {
            parser.name_block()?;
            parser.skip_word("scoped");
            parser.skip_word("required");
            Ok(Statement::Open)
        }
        "with" => {
            let mut first = true;
            while !parser.is_end() {
                if !first {
                    parser.expect(",", "Expected `,` or the tag's end here.")?;
                }
                first = false;
                parser.target(false, &[])?;
                parser.expect("=", "Expected `=` and a value here.")?;
                parser.expression()?;
            }
            Ok(Statement::Open)
        }
        "autoescape" => parser.expression().map(|_| Statement::Open),
        "extends" | "do" => {
            if name == "do" {
                parser.tuple(Parser::expression, false, &[])?;
            } else {
                parser.expression()?;
            }
            Ok(Statement::Alone)
        }
        "include" => {
            parser.expression()?;
            if parser.skip_word("ignore") && !parser.skip_word("missing") {
                return parser.refuse("Expected `missing` behind `ignore`.");
            }
            context(parser)?;
            Ok(Statement::Alone)
        }
        "import" => {
            parser.expression()?;
            if !parser.skip_word("as") {
                return parser.refuse("Expected `as` and a name here.");
            }
            parser.target_name()?;
            context(parser)?;
            Ok(Statement::Alone)
        }
        "from" => from(parser),
        "print" => {
            let mut first = true;
            while !parser.is_end() {
                if !first {
                    parser.expect(",", "Expected `,` or the tag's end here.")?;
                }
                first = false;
                parser.expression()?;
            }
            Ok(Statement::Alone)
        }
        "break" | "continue" | "debug" => Ok(Statement::Alone),
        "trans" => {
            // `{% trans count=items|length, trimmed %}`
            while !parser.is_end() {
                parser.target_name()?;
                if parser.skip_sign("=") {
                    parser.expression()?;
                }
                parser.skip_sign(",");
            }
            Ok(Statement::Open)
        }
        "pluralize" => {
            if !parser.is_end() {
                parser.name()?;
            }
            Ok(Statement::Middle)
        }
        // Chat templates mark the assistant's words with it.
        "generation" => Ok(Statement::Open),
        "elseif" if script => parser.expression().map(|_| Statement::Middle),
        "ifAsync" | "switch" if script => parser.expression().map(|_| Statement::Open),
        "case" if script => parser.expression().map(|_| Statement::Middle),
        "default" if script => Ok(Statement::Middle),
        "asyncEach" | "asyncAll" if script => each(parser),
        "endblock" => {
            if !parser.is_end() {
                parser.name_block()?;
            }
            Ok(Statement::Close)
        }
        name if name.starts_with("end") && is_end(name, script) => Ok(Statement::Close),
        _ => Err(super::Refusal { span: unknown, message: UNKNOWN, deep: false }),
    }
}

fn is_end(name: &str, script: bool) -> bool {
    const ENDS: [&str; 11] = [
        "endif",
        "endfor",
        "endset",
        "endmacro",
        "endcall",
        "endfilter",
        "endwith",
        "endautoescape",
        "endtrans",
        "endgeneration",
        "endraw",
    ];
    ENDS.contains(&name) || (script && matches!(name, "endeach" | "endall" | "endswitch"))
}

fn each(parser: &mut Parser<'_>) -> Read<Statement> {
    parser.target(false, &["in"])?;
    if !parser.skip_word("in") {
        return parser.refuse("Expected `in` here: `{% for item in items %}`.");
    }
    parser.tuple(Parser::either, false, &["recursive"])?;
    if parser.skip_word("if") {
        parser.expression()?;
    }
    parser.skip_word("recursive");
    Ok(Statement::Open)
}

fn set(parser: &mut Parser<'_>) -> Read<Statement> {
    parser.target(true, &[])?;
    if parser.skip_sign("=") {
        parser.tuple(Parser::expression, false, &[])?;
        return Ok(Statement::Alone);
    }
    parser.filters()?;
    Ok(Statement::Open)
}

/// `(a, b=1)`
fn signature(parser: &mut Parser<'_>) -> Read<()> {
    parser.expect("(", "Expected `(` and the arguments' names here.")?;
    let (mut first, mut defaults) = (true, false);
    while !parser.is_sign(")") {
        if !first {
            parser.expect(",", "Expected `,` or `)` here.")?;
        }
        first = false;
        parser.target_name()?;
        if parser.skip_sign("=") {
            defaults = true;
            parser.expression()?;
        } else if defaults {
            return parser.refuse("An argument without a default is not allowed after one with a default.");
        }
    }
    parser.advance();
    Ok(())
}

/// `with context`, `without context`.
fn context(parser: &mut Parser<'_>) -> Read<()> {
    if (parser.skip_word("with") || parser.skip_word("without")) && !parser.skip_word("context") {
        return parser.refuse("Expected `context` here.");
    }
    Ok(())
}

fn from(parser: &mut Parser<'_>) -> Read<Statement> {
    parser.expression()?;
    if !parser.skip_word("import") {
        return parser.refuse("Expected `import` and names here.");
    }
    let mut first = true;
    loop {
        if !first {
            parser.expect(",", "Expected `,` or the tag's end here.")?;
        }
        first = false;
        if matches!(parser.word(), Some("with" | "without")) {
            context(parser)?;
            break;
        }
        if parser.word().is_some_and(|word| word.starts_with('_')) {
            return parser.refuse("Names that begin with `_` cannot be imported.");
        }
        parser.target_name()?;
        if parser.skip_word("as") {
            parser.target_name()?;
        }
        if matches!(parser.word(), Some("with" | "without")) {
            context(parser)?;
            break;
        }
        if !parser.is_sign(",") {
            break;
        }
    }
    Ok(Statement::Alone)
}
