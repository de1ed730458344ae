//! What is in a `${…}`: is it a JavaScript expression, and what does it touch?
//!
//! A recogniser, not a parser: one pass, no recursion, no tree. It is told where the inside of a `${` begins,
//! reads one *Expression* (ECMA-262, 13.16; a comma operator is one), and stops at the `}` that closes it.
//! Code is taken as module code: strict, with `await` as an operator, as document 000 parses it.
//!
//! Where an expression ends and whether it is one agrees with `oxc_parser` over 300,000 made and damaged
//! expressions (`crates/oracles`), but for these classes, each of them tested:
//! - Parameters of functions, and bodies of functions and classes, are matched by their brackets and not looked into:
//!   `function () { if }` is taken. Behind `)`, `]` and `}` a `/` in them is a division. Such code is an effect
//!   anyway. The pattern of a regular expression is not looked into either, only its end and its flags.
//! - Words, numbers and escapes of sloppy code (`let`, `010`, `"\1"`), `eval = 1`, private names and `super` outside
//!   of classes are refused here; oxc's parser leaves them to a later stage.
//! - `async(...a, b)` may be a call, which oxc takes for parameters; `(a) || b ?? c` is none, which oxc takes.
//!
//! Names that an arrow function binds count as bound in the whole expression, and what their default values use is
//! not noted.

mod body;
mod end;
mod grammar;
mod number;
mod operator;
mod property;
mod state;
mod token;
mod value;

use std::ops::Range;

pub(crate) use grammar::recognise;

/// Most bytes of one expression (linter, T011).
pub const MAX_EXPRESSION: usize = 1024;
/// Deepest nesting of brackets, templates and conditionals in one expression, and of sections (linter, T011).
pub const MAX_DEPTH: usize = 64;

/// What a placeholder refers to and does. Every span is in bytes of the whole text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expression {
    /// The names from the root on, where the whole is a name or a path of members: `user.name`.
    pub path: Option<Vec<String>>,
    /// Every occurrence of a name that is looked up among the variables, in the text's order.
    pub names: Vec<Name>,
    /// Members that are touched.
    pub members: Vec<Member>,
    /// Functions that are called.
    pub calls: Vec<Call>,
    /// What it does beyond giving a value.
    pub effects: Vec<(Effect, Range<usize>)>,
    /// What was not looked into: parameters of functions, bodies of functions and classes, without their brackets.
    pub opaque: Vec<Range<usize>>,
}

/// A variable's name and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name, escapes resolved.
    pub name: String,
    /// Where.
    pub span: Range<usize>,
    /// Whether it is in a section that changes what names mean (`{{#each}}`, `{{#with}}`, `{{#name}}`), so
    /// that it may be a member of that section's value and no variable.
    pub contextual: bool,
}

/// A member that is touched: `.name`, `["name"]`, `[computed]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name, escapes resolved; `None` where it is computed.
    pub name: Option<String>,
    /// Where the name or the computation is.
    pub span: Range<usize>,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The path of what is called, as `["user", "name", "trim"]`; `None` where it is not a path.
    pub callee: Option<Vec<String>>,
    /// What is called, without its arguments.
    pub span: Range<usize>,
}

/// What an expression does beyond giving a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// `=`, `+=`, ….
    Assignment,
    /// `++`, `--`.
    Update,
    /// `await`.
    Await,
    /// `delete`.
    Delete,
    /// `new`.
    New,
    /// A function, an arrow function or a method: its body is matched by its braces, and not looked into.
    Function,
    /// A class: likewise.
    Class,
    /// `import(…)`, `import.meta`.
    Import,
}

impl Effect {
    /// As a message names it.
    pub const fn name(self) -> &'static str {
        match self {
            Effect::Assignment => "an assignment",
            Effect::Update => "an increment or decrement",
            Effect::Await => "`await`",
            Effect::Delete => "`delete`",
            Effect::New => "`new`",
            Effect::Function => "a function",
            Effect::Class => "a class",
            Effect::Import => "`import`",
        }
    }
}
