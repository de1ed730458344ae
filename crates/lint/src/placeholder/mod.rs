//! Finds the placeholders of a text: `${expression}`, `{{name}}`, `{name}`.
//!
//! One pass over the text, without recursion; the work is bounded by a constant per byte, whatever the text is
//! ([`Scan::steps`] counts it).

mod detect;
mod format;
mod javascript;
mod jinja;
mod liquid;
mod mustache;
mod path;
mod semantic_kernel;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

pub use detect::{Detected, detect};
pub use jinja::LinePrefixes;

pub use crate::expression::{Call, Effect, Expression, MAX_DEPTH, MAX_EXPRESSION, Member, Name};

/// How placeholders are written.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Dialect {
    /// `${expression}`: the interpolation of JavaScript's template literals; `\${` is literal.
    #[strum(serialize = "javascript")]
    JavaScript,
    /// `{{name}}`: Mustache, and what Handlebars adds to it; `\{{` is literal.
    Mustache,
    /// `{name}`: Python's `str.format` and its kin; `{{` and `}}` are literal braces.
    Format,
    /// `{{ expression }}`, `{% statement %}`, `{# comment #}`: Jinja (jinja2 3.1).
    Jinja,
    /// The same with what Nunjucks adds: `===`, `elseif`, `switch`.
    Nunjucks,
    /// `{{ value | filter: argument }}`, `{% tag %}`: Liquid.
    Liquid,
    /// `{{$name}}`: Semantic Kernel's own templates.
    SemanticKernel,
}

impl Dialect {
    /// Every dialect, in the order of precedence.
    pub const ALL: &'static [Dialect] = <Dialect as strum::VariantArray>::VARIANTS;

    /// Their names.
    pub const NAMES: &'static [&'static str] = <Dialect as strum::VariantNames>::VARIANTS;

    /// The name in configurations.
    pub fn name(self) -> &'static str {
        self.into()
    }
    /// Whether it is Jinja or Nunjucks, which read the same expressions.
    pub const fn is_jinja(self) -> bool {
        matches!(self, Dialect::Jinja | Dialect::Nunjucks)
    }
    /// Whether it has statements, `{% … %}`.
    pub const fn has_statements(self) -> bool {
        matches!(self, Dialect::Jinja | Dialect::Nunjucks | Dialect::Liquid)
    }
    /// The dialect of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.iter().copied().find(|dialect| dialect.name() == name)
    }
    /// A placeholder as messages show it.
    pub const fn example(self) -> &'static str {
        match self {
            Dialect::JavaScript => "${name}",
            Dialect::Mustache | Dialect::Jinja | Dialect::Nunjucks | Dialect::Liquid => "{{name}}",
            Dialect::Format => "{name}",
            Dialect::SemanticKernel => "{{$name}}",
        }
    }
}

/// What a text holds, read in one dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// The dialect it was read in.
    pub dialect: Dialect,
    /// The placeholders that are well formed, in the text's order.
    pub placeholders: Vec<Placeholder>,
    /// Those that are not, and what is wrong, in the text's order.
    pub malformed: Vec<Malformed>,
    /// Work done: at most a constant for each byte of the text.
    pub steps: u64,
}

impl Scan {
    /// The expressions of all placeholders, sections included.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.placeholders.iter().filter_map(|placeholder| placeholder.content.expression())
    }
    /// Every occurrence of a variable's name, in the text's order.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        self.expressions().flat_map(|expression| &expression.names)
    }
}

/// One well-formed placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// Where, delimiters included, in bytes of the text.
    pub span: Range<usize>,
    /// What is between the delimiters (sigils like `#` included).
    pub inner: Range<usize>,
    /// What it is.
    pub content: Content,
}

/// What a placeholder is. All but `Value` are of the dialects that have sections: Mustache, Jinja, Liquid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A value that is put in: `${a + b}`, `{{name}}`, `{name!r:>10}`.
    Value {
        /// What is computed.
        expression: Expression,
        /// How it is put in.
        output: Output,
    },
    /// The start of a section: `{{#if name}}`, `{{#name}}`, `{{^name}}`.
    Open {
        /// The name that closes it: `if`, `name`.
        section: String,
        /// Whether it is `{{^`.
        inverted: bool,
        /// What decides about it.
        expression: Expression,
    },
    /// `{{else}}`, `{{^}}`, `{{else if name}}`: the other half of a section.
    Else(Expression),
    /// `{{/name}}`.
    Close,
    /// `{{! … }}`, `{{!-- … --}}`.
    Comment,
    /// `{{> name}}`, `{% include name %}`: another template.
    Partial(Expression),
    /// `{% set a = b %}`: a statement that puts nothing in.
    Statement(Expression),
}

impl Content {
    /// What is computed, if anything is.
    pub fn expression(&self) -> Option<&Expression> {
        match self {
            Content::Value { expression, .. } | Content::Open { expression, .. } => Some(expression),
            Content::Else(expression) | Content::Partial(expression) | Content::Statement(expression) => {
                Some(expression)
            }
            Content::Close | Content::Comment => None,
        }
    }

    fn expression_mut(&mut self) -> Option<&mut Expression> {
        match self {
            Content::Value { expression, .. } | Content::Open { expression, .. } => Some(expression),
            Content::Else(expression) | Content::Partial(expression) | Content::Statement(expression) => {
                Some(expression)
            }
            Content::Close | Content::Comment => None,
        }
    }
}

/// How a value is put into the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// As it is: `${x}`, `{{{x}}}`, `{{&x}}`, `{x}`.
    Plain,
    /// `{{x}}`, where Handlebars escapes `<`, `>`, `&` and quotes for HTML.
    Escaped,
    /// `{x!r:>10}`: with a conversion or a format specification; the span is theirs, from `!` or `:` on.
    Formatted(Range<usize>),
}

/// A placeholder that is not well formed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub kind: Malformation,
    /// The place that is wrong, in bytes of the text.
    pub span: Range<usize>,
    /// The placeholder it is in, as far as it can be detected.
    pub placeholder: Range<usize>,
    /// What is wrong, for people; it quotes nothing but the names of statements.
    pub message: Cow<'static, str>,
}

/// What is wrong with a placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Malformation {
    /// It is never closed (linter, T001).
    Unclosed,
    /// A closing brace without an opening one (T002).
    StrayCloser,
    /// Nothing is in it (T003).
    Empty,
    /// What is in it is not an expression, or no name (T003).
    NotAnExpression,
    /// A section without its end, an end without its section (T004).
    UnbalancedSection,
    /// Braces of a sample, not of a placeholder, in [`Dialect::Format`]: its first and last byte want doubling (T009).
    LiteralBraces,
    /// Deeper than [`MAX_DEPTH`] or longer than [`MAX_EXPRESSION`] (T011).
    TooComplex,
}

impl Malformation {
    /// Stable, for programs: the code of a [`promptgate_base::fault::Fault`].
    pub const fn code(self) -> &'static str {
        match self {
            Malformation::Unclosed => "unclosed_placeholder",
            Malformation::StrayCloser => "stray_closer",
            Malformation::Empty => "empty_placeholder",
            Malformation::NotAnExpression => "invalid_expression",
            Malformation::UnbalancedSection => "unbalanced_section",
            Malformation::LiteralBraces => "literal_braces",
            Malformation::TooComplex => "too_complex",
        }
    }
}

/// The placeholders of `text`, read as `dialect`.
pub fn scan(text: &str, dialect: Dialect) -> Scan {
    scan_lines(text, dialect, &LinePrefixes::default())
}

/// The same where lines of Jinja may be statements or comments by what they begin with.
pub fn scan_lines(text: &str, dialect: Dialect, prefixes: &LinePrefixes) -> Scan {
    let mut scan = Scan { dialect, placeholders: Vec::new(), malformed: Vec::new(), steps: 0 };
    match dialect {
        Dialect::JavaScript => javascript::scan(text, &mut scan),
        Dialect::Mustache => mustache::scan(text, &mut scan),
        Dialect::Format => format::scan(text, &mut scan),
        Dialect::Jinja | Dialect::Nunjucks => jinja::scan(text, prefixes, &mut scan),
        Dialect::Liquid => liquid::scan(text, &mut scan),
        Dialect::SemanticKernel => semantic_kernel::scan(text, &mut scan),
    }
    scan.malformed.sort_by_key(|malformed| malformed.span.start);
    scan
}

/// Whether `c` may begin a variable's name in the brace dialects: a letter of any script or `_`.
fn begins_name(c: char) -> bool {
    c == '_' || unicode_id_start::is_id_start(c)
}

/// Whether `c` may be within such a name.
fn continues_name(c: char) -> bool {
    unicode_id_start::is_id_continue(c)
}
