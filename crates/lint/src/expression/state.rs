//! What the recogniser remembers: the value read last, the expression around it, and what is open.

use std::ops::Range;

use crate::placeholder::Malformation;

/// What is wrong.
pub(super) struct Fault {
    pub(super) kind: Malformation,
    pub(super) span: Range<usize>,
    pub(super) message: &'static str,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    Value,
    Operator,
    /// A member of an object literal, or its end.
    Property,
}

/// What may be bound or assigned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Whether it may come before `=`.
    pub(super) assign: bool,
    /// Whether it may be a parameter.
    pub(super) bind: bool,
}

pub(super) const NO_TARGET: Shape = Shape { assign: false, bind: false };
pub(super) const ANY_TARGET: Shape = Shape { assign: true, bind: true };

impl Shape {
    pub(super) fn and(self, other: Shape) -> Shape {
        Shape { assign: self.assign && other.assign, bind: self.bind && other.bind }
    }
}

/// The value that was read last, with its members and calls.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) shape: Shape,
    /// Whether `+=` and `++` may change it.
    pub(super) simple: bool,
    /// Whether members and calls may follow.
    pub(super) open: bool,
    /// Whether nothing but the end of its expression may follow: an arrow function.
    pub(super) last: bool,
    /// Whether it is in a chain of `?.`.
    pub(super) chain: bool,
    /// Whether it may come before `=>`: a name, `(…)`, `async (…)`.
    pub(super) parameters: bool,
    /// Whether it is `async name` or `async (…)`.
    pub(super) asynchronous: bool,
    /// Whether it is the word `import`.
    pub(super) import: bool,
    /// What is wrong unless it becomes a pattern (`{a = 1}`), or parameters (`()`).
    pub(super) only_pattern: Option<Range<usize>>,
    pub(super) only_parameters: Option<Range<usize>>,
    pub(super) path: Option<Vec<String>>,
    pub(super) literal: Option<String>,
    /// How many names had been noted before it.
    pub(super) names: usize,
}

/// One AssignmentExpression, as far as it was read.
#[derive(Clone)]
pub(super) struct Level {
    /// Nothing was read of it: `=>` may come, and a spread.
    pub(super) fresh: bool,
    /// No operator was read but those of members and calls.
    pub(super) bare: bool,
    /// The shape of what came before its first `=`, or that it is no target.
    pub(super) target: Option<Shape>,
    /// A sign or word like `typeof` comes before the value.
    pub(super) unary: bool,
    /// `++` comes before the value.
    pub(super) update: bool,
    /// So many `new` still wait for their arguments.
    pub(super) news: usize,
    /// `??` was read; `&&` or `||` was read.
    pub(super) coalesce: bool,
    pub(super) logical: bool,
    /// `...` comes before it.
    pub(super) spread: bool,
    /// It is in the body of an arrow function that is not `async`.
    pub(super) no_await: bool,
}

impl Level {
    /// Whether nothing was read of the element yet, so that a hole, an end or a spread may come.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh && !self.spread && self.target.is_none()
    }
}

impl Default for Level {
    fn default() -> Self {
        Level {
            fresh: true,
            bare: true,
            target: None,
            unary: false,
            update: false,
            news: 0,
            coalesce: false,
            logical: false,
            spread: false,
            no_await: false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Paren,
    Call,
    Array,
    Index,
    Object,
    /// The `[…]` of a property; whether it must be a method's name.
    Key(bool),
    Template,
    /// Behind `?`, before `:`.
    Conditional,
    /// Behind `extends`.
    Heritage,
}

/// Something that is open.
pub(super) struct Frame {
    pub(super) open: Open,
    pub(super) start: usize,
    /// What is around it, and the value it follows, if it does.
    pub(super) level: Level,
    pub(super) value: Option<Value>,
    /// The shape of the elements so far, together.
    pub(super) shape: Shape,
    /// Whether it has one element, and that one is simple.
    pub(super) simple: bool,
    pub(super) only_pattern: Option<Range<usize>>,
    pub(super) only_parameters: Option<Range<usize>>,
    /// Commas that were read.
    pub(super) commas: usize,
    /// Whether a `...` element was read, which a pattern has last.
    pub(super) rest: bool,
    pub(super) names: usize,
    /// Elements that were read.
    pub(super) elements: usize,
    /// Whether these are arguments of `import`, which are one or two.
    pub(super) import: bool,
    /// Whether these are arguments of `async`, which may turn out to be parameters.
    pub(super) arrow: bool,
}

pub(super) type Step = Result<(), Fault>;

pub(super) const TWO_VALUES: &str =
    "An operator is missing before this: write one, or make this text instead of a placeholder.";
pub(super) const NO_VALUE: &str = "A value is missing before this: name a variable.";
pub(super) const NO_ASSIGNMENT: &str = "Expected a variable or a member before the assignment.";
pub(super) const NO_PATTERN: &str = "This `=` has no meaning in an object: write `:`.";
pub(super) const ONLY_PARAMETERS: &str =
    "Only an arrow function may have this: write `=>` behind its parameters, or a value here.";
pub(super) const NOT_HERE: &str = "Unexpected in `${…}`: remove it.";

pub(super) fn wrong<T>(span: Range<usize>, message: &'static str) -> Result<T, Fault> {
    Err(Fault { kind: Malformation::NotAnExpression, span, message })
}
