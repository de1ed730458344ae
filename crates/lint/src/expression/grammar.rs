//! The recogniser: what is expected next, and a stack of what is open.
//!
//! Patterns look like values until an `=` or `=>` says otherwise, so each value carries whether it could be a
//! target, and what would be wrong with it if it is none.

use std::ops::Range;

use super::state::*;
use super::token::{Bad, Kind, Lexer, Token};
use super::{Effect, Expression, MAX_DEPTH, MAX_EXPRESSION};
use crate::placeholder::{Malformation, Malformed};

/// What was read behind a `${`.
pub(crate) struct Recognised {
    /// The place of the `}` that closes it, if it was found.
    pub(crate) close: Option<usize>,
    /// Where reading stopped.
    pub(crate) stop: usize,
    /// The expression, or the first thing that is wrong with it.
    pub(crate) outcome: Result<Expression, Malformed>,
    /// Work done.
    pub(crate) steps: u64,
}

/// Reads the expression that begins at `start`, behind a `${`, up to the `}` that closes it.
pub(crate) fn recognise(text: &str, start: usize) -> Recognised {
    // One byte more than an expression may have: its closing brace.
    let limit = text.floor_char_boundary(start.saturating_add(MAX_EXPRESSION + 1));
    let window = text.get(..limit).unwrap_or(text);
    let mut grammar = Grammar::new(window, start, limit < text.len());
    let fault = match grammar.read() {
        Ok(close) => {
            let (expression, steps) = (grammar.expression, grammar.lexer.steps);
            return Recognised { close: Some(close), stop: close + 1, outcome: Ok(expression), steps };
        }
        Err(fault) => fault,
    };
    let from = fault.span.start.max(start);
    let close = closing(window, from, grammar.braces());
    let stop = close.map_or(window.len(), |close| close + 1);
    let (kind, message) = match (fault.kind, close) {
        (Malformation::TooComplex, _) | (_, Some(_)) => (fault.kind, fault.message),
        (_, None) => (Malformation::Unclosed, "This placeholder is never closed: add `}` behind its expression."),
    };
    let outcome = Err(Malformed { kind, span: fault.span, placeholder: start..stop, message: message.into() });
    Recognised { close, stop, outcome, steps: grammar.lexer.steps + (stop - from) as u64 }
}

/// The `}` that closes a malformed expression, by braces alone, since its strings may be apostrophes; `open`
/// braces are open within it at `from`.
fn closing(text: &str, from: usize, open: usize) -> Option<usize> {
    let mut open = open;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at),
            b'}' => open -= 1,
            _ => {}
        }
    }
    None
}

pub(super) struct Grammar<'t> {
    pub(super) lexer: Lexer<'t>,
    pub(super) text: &'t str,
    pub(super) start: usize,
    /// Whether the text goes on where the window ends.
    pub(super) cut: bool,
    pub(super) frames: Vec<Frame>,
    pub(super) level: Level,
    pub(super) value: Option<Value>,
    pub(super) expect: Expect,
    pub(super) comma: bool,
    pub(super) expression: Expression,
    /// Names that arrow functions bind.
    pub(super) bound: Vec<String>,
}

impl<'t> Grammar<'t> {
    pub(super) fn new(text: &'t str, start: usize, cut: bool) -> Self {
        Grammar {
            lexer: Lexer::new(text, start),
            text,
            start,
            cut,
            frames: Vec::new(),
            level: Level::default(),
            value: None,
            expect: Expect::Value,
            comma: false,
            expression: Expression::default(),
            bound: Vec::new(),
        }
    }

    /// How many braces are open within the expression.
    pub(super) fn braces(&self) -> usize {
        self.frames.iter().filter(|frame| matches!(frame.open, Open::Object | Open::Template)).count()
    }

    /// Reads to the closing brace and gives its place.
    pub(super) fn read(&mut self) -> Result<usize, Fault> {
        loop {
            let token = self.next(self.expect == Expect::Value)?;
            if token.kind == Kind::End {
                return Err(self.unfinished(token.start..token.start));
            }
            let source = self.lexer.slice(token);
            if self.frames.is_empty() && token.kind == Kind::Punctuator && source == "}" {
                self.finish(token)?;
                return Ok(token.start);
            }
            match self.expect {
                Expect::Value => self.value(token, source)?,
                Expect::Operator => self.operator(token, source)?,
                Expect::Property => self.property(token, source)?,
            }
        }
    }

    pub(super) fn next(&mut self, operand: bool) -> Result<Token, Fault> {
        let token = self.lexer.next(operand);
        token.map_err(|bad| self.bad(bad))
    }
    pub(super) fn ahead(&mut self, operand: bool) -> Result<(Token, &'t str), Fault> {
        let token = self.lexer.ahead(operand);
        let token = token.map_err(|bad| self.bad(bad))?;
        Ok((token, self.lexer.slice(token)))
    }

    pub(super) fn bad(&self, (span, message): Bad) -> Fault {
        if self.lexer.at >= self.text.len() && self.cut {
            return self.unfinished(span);
        }
        Fault { kind: Malformation::NotAnExpression, span, message }
    }

    /// The text, or what may be read of it, ends within the expression.
    pub(super) fn unfinished(&self, span: Range<usize>) -> Fault {
        if self.cut {
            let message = "This expression is longer than 1 KiB: compute the value before.";
            return Fault { kind: Malformation::TooComplex, span, message };
        }
        Fault { kind: Malformation::Unclosed, span, message: "This placeholder is never closed: add `}`." }
    }

    pub(super) fn effect(&mut self, effect: Effect, span: Range<usize>) {
        self.expression.effects.push((effect, span));
    }

    pub(super) fn finish(&mut self, token: Token) -> Step {
        if self.expect == Expect::Value {
            if self.level.is_empty() && !self.comma {
                let message = "Empty placeholder: name a variable, or remove it.";
                return Err(Fault { kind: Malformation::Empty, span: self.start..token.start, message });
            }
            return wrong(token.start..token.end, NO_VALUE);
        }
        self.end_value(token, false)?;
        let whole = self.level.bare && self.level.news == 0 && self.level.target.is_none() && !self.comma;
        let value = self.value.take().filter(|_| whole && !self.level.update);
        self.expression.path = value.and_then(|value| value.path);
        let bound = std::mem::take(&mut self.bound);
        self.expression.names.retain(|name| !bound.contains(&name.name));
        Ok(())
    }

    pub(super) fn push(&mut self, open: Open, token: Token, value: Option<Value>) -> Step {
        if self.frames.len() >= MAX_DEPTH {
            let message = "This nests deeper than 64 levels: compute the value before.";
            return Err(Fault { kind: Malformation::TooComplex, span: token.start..token.end, message });
        }
        let no_await = self.level.no_await;
        let names = value.as_ref().map_or(self.expression.names.len(), |value| value.names);
        self.frames.push(Frame {
            open,
            start: token.start,
            level: std::mem::take(&mut self.level),
            value,
            shape: ANY_TARGET,
            simple: false,
            only_pattern: None,
            only_parameters: None,
            commas: 0,
            rest: false,
            names,
            elements: 0,
            import: false,
            arrow: false,
        });
        self.level.no_await = no_await;
        self.value = None;
        self.expect = Expect::Value;
        Ok(())
    }

    /// The level of the next element of what is open.
    pub(super) fn next_level(&self) -> Level {
        let no_await = self.frames.last().is_some_and(|frame| frame.level.no_await);
        Level { no_await, ..Level::default() }
    }

    /// Takes the innermost frame off, and goes back to the level around it.
    pub(super) fn pop(&mut self) -> Option<Frame> {
        let mut frame = self.frames.pop()?;
        self.level = std::mem::take(&mut frame.level);
        Some(frame)
    }

    /// Checks the value that ends before `token`; `element` is whether it may be that of a pattern.
    pub(super) fn end_value(&mut self, token: Token, element: bool) -> Step {
        let Some(value) = &mut self.value else { return wrong(token.start..token.end, NO_VALUE) };
        if self.level.update && !(value.simple && self.level.news == 0) {
            return wrong(value.start..token.start, "This cannot be incremented: name a variable or a member.");
        }
        if let Some(place) = value.only_parameters.take() {
            return wrong(place, ONLY_PARAMETERS);
        }
        let pattern = element && self.level.bare && self.level.target.is_none();
        match value.only_pattern.take_if(|_| !pattern) {
            Some(place) => wrong(place, NO_PATTERN),
            None => Ok(()),
        }
    }

    /// Adds the element that ends before `token` to its list.
    pub(super) fn end_element(&mut self, token: Token) -> Step {
        let pattern = self.frames.last().is_some_and(|frame| frame.open != Open::Call || frame.arrow);
        self.end_value(token, pattern)?;
        let next = self.next_level();
        let level = std::mem::replace(&mut self.level, next);
        let (Some(value), Some(frame)) = (self.value.take(), self.frames.last_mut()) else { return Ok(()) };
        let bare = level.bare && level.news == 0;
        let mut shape = match level.target {
            Some(target) => target,
            None if bare => value.shape,
            None => NO_TARGET,
        };
        if level.spread {
            // A rest has no default, and in an object it is no pattern.
            let plain = level.target.is_none() && (value.simple || frame.open != Open::Object);
            shape = if plain { shape } else { NO_TARGET };
        }
        frame.elements += 1;
        frame.rest |= level.spread;
        frame.shape = frame.shape.and(shape);
        frame.simple = bare && level.target.is_none() && value.simple && frame.commas == 0;
        frame.only_pattern = frame.only_pattern.take().or(value.only_pattern);
        Ok(())
    }

    /// Closes `(…)`, `[…]` or the arguments of a call with `token`; its elements have been added.
    pub(super) fn close_list(&mut self, token: Token) -> Step {
        let Some(frame) = self.pop() else { return wrong(token.start..token.end, NOT_HERE) };
        let mut value = Value { names: frame.names, ..self.new_value(frame.start) };
        match (frame.open, frame.value) {
            (Open::Paren, _) => {
                value.shape = Shape { assign: frame.simple, bind: false };
                value.simple = frame.simple;
                value.parameters = frame.shape.bind;
                value.only_parameters = frame.only_parameters;
                value.only_pattern = frame.only_pattern;
            }
            (Open::Call, Some(_)) if frame.import && (frame.rest || !(1..=2).contains(&frame.elements)) => {
                return wrong(frame.start..token.end, "`import` takes one value, or two: pass them.");
            }
            (Open::Call, Some(callee)) => {
                value.asynchronous = frame.arrow;
                value.start = callee.start;
                value.chain = callee.chain;
                value.parameters = frame.arrow && frame.shape.bind;
                value.only_pattern = frame.only_pattern;
            }
            _ => {
                value.shape = frame.shape;
                value.only_pattern = frame.only_pattern;
            }
        }
        self.set(value)
    }

    /// What follows is an AssignmentExpression of its own, within the element that is being read.
    pub(super) fn restart(&mut self, target: Shape) {
        let target = self.level.target.or(Some(target));
        let Level { spread, no_await, .. } = self.level;
        self.level = Level { target, spread, no_await, ..Level::default() };
        self.value = None;
        self.expect = Expect::Value;
    }
}
