//! Where a value is expected: literals, names, words, signs, and what opens.

use super::grammar::Grammar;
use super::state::*;
use super::token::{Kind, Token, cooked};
use super::{Effect, Name};

impl<'t> Grammar<'t> {
    pub(super) fn value(&mut self, token: Token, source: &'t str) -> Step {
        let span = token.start..token.end;
        match token.kind {
            Kind::Name => self.word(token, source),
            Kind::Number | Kind::Regex => self.plain(token, None),
            Kind::String => {
                let inside = source.get(1..source.len().saturating_sub(1)).unwrap_or_default();
                self.plain(token, Some(cooked(inside).into_owned()))
            }
            Kind::Backtick => self.begin_template(token, false),
            Kind::End => Err(self.unfinished(span)),
            Kind::Punctuator => match source {
                "(" => self.push(Open::Paren, token, None),
                "[" => self.push(Open::Array, token, None),
                "{" => {
                    self.push(Open::Object, token, None)?;
                    self.expect = Expect::Property;
                    Ok(())
                }
                "+" | "-" | "~" | "!" => self.unary(token),
                "++" | "--" if !self.level.update && self.level.news == 0 => {
                    self.effect(Effect::Update, span);
                    (self.level.fresh, self.level.bare, self.level.update) = (false, false, true);
                    Ok(())
                }
                "..." => self.spread(token),
                "," | "]" | ")" => self.empty_element(token, source),
                _ => wrong(span, NO_VALUE),
            },
        }
    }

    pub(super) fn unary(&mut self, token: Token) -> Step {
        if self.level.update || self.level.news > 0 {
            return wrong(token.start..token.end, NO_VALUE);
        }
        (self.level.fresh, self.level.bare, self.level.unary) = (false, false, true);
        Ok(())
    }

    pub(super) fn new_value(&self, start: usize) -> Value {
        Value {
            start,
            shape: NO_TARGET,
            simple: false,
            open: true,
            last: false,
            chain: false,
            parameters: false,
            asynchronous: false,
            import: false,
            only_pattern: None,
            only_parameters: None,
            path: None,
            literal: None,
            names: self.expression.names.len(),
        }
    }

    pub(super) fn set(&mut self, value: Value) -> Step {
        self.value = Some(value);
        self.level.fresh = false;
        self.expect = Expect::Operator;
        Ok(())
    }

    /// A literal.
    pub(super) fn plain(&mut self, token: Token, literal: Option<String>) -> Step {
        let value = Value { literal, ..self.new_value(token.start) };
        self.set(value)
    }

    /// A name or reserved word where a value is expected.
    pub(super) fn word(&mut self, token: Token, source: &'t str) -> Step {
        let span = token.start..token.end;
        let name = cooked(source);
        let escaped = source.contains('\\');
        if escaped && is_reserved(&name) {
            return wrong(span, "A reserved word may not be written with escapes: write it plainly.");
        }
        match &*name {
            "typeof" | "void" => self.unary(token),
            "delete" => {
                self.effect(Effect::Delete, span);
                self.unary(token)
            }
            "await" if self.level.no_await => {
                wrong(span, "`await` is not allowed in an arrow function that is not `async`: remove it.")
            }
            "await" => {
                self.effect(Effect::Await, span);
                self.unary(token)
            }
            "new" => {
                self.effect(Effect::New, span.clone());
                if self.ahead(false)?.1 == "." {
                    return wrong(span, "`new.target` is not allowed outside a function: remove it.");
                }
                self.level.news += 1;
                self.level.fresh = false;
                Ok(())
            }
            "this" | "null" | "true" | "false" => self.plain(token, None),
            "function" => self.function(token),
            "class" => self.class(token),
            "import" => self.import(token),
            "async" if !escaped => {
                let (next, word) = self.ahead(false)?;
                if next.newline || next.kind != Kind::Name {
                    return self.variable(token, &name);
                }
                match word {
                    "function" => {
                        let function = self.next(false)?;
                        self.function(Token { start: token.start, ..function })
                    }
                    "in" | "instanceof" => self.variable(token, &name),
                    _ if self.level.fresh => {
                        let parameter = self.next(false)?;
                        let word = cooked(word);
                        if is_reserved(&word) {
                            return wrong(parameter.start..parameter.end, TWO_VALUES);
                        }
                        let (arrow, sign) = self.ahead(false)?;
                        if sign != "=>" || arrow.newline {
                            return wrong(parameter.start..parameter.end, TWO_VALUES);
                        }
                        self.variable(Token { start: token.start, ..parameter }, &word)?;
                        if let Some(value) = &mut self.value {
                            value.asynchronous = true;
                        }
                        Ok(())
                    }
                    _ => wrong(next.start..next.end, TWO_VALUES),
                }
            }
            name if is_reserved(name) => wrong(span, "This is a reserved word and no variable: rename the variable."),
            name => self.variable(token, name),
        }
    }

    pub(super) fn variable(&mut self, token: Token, name: &str) -> Step {
        // Strict code may not assign to these.
        let shape = if matches!(name, "eval" | "arguments") { NO_TARGET } else { ANY_TARGET };
        let value = Value {
            shape,
            simple: shape.assign,
            parameters: shape.bind,
            path: Some(vec![name.to_owned()]),
            ..self.new_value(token.start)
        };
        let span = token.start..token.end;
        self.expression.names.push(Name { name: name.to_owned(), span, contextual: false });
        self.set(value)
    }

    /// `function *name? (…) {…}`, from behind the word.
    pub(super) fn function(&mut self, token: Token) -> Step {
        self.effect(Effect::Function, token.start..token.end);
        if self.ahead(false)?.1 == "*" {
            self.next(false)?;
        }
        if self.ahead(false)?.0.kind == Kind::Name {
            let name = self.next(false)?;
            if is_reserved(&cooked(self.lexer.slice(name))) {
                return wrong(name.start..name.end, "This is a reserved word and no name: rename the function.");
            }
        }
        self.method()?;
        let value = self.new_value(token.start);
        self.set(value)
    }

    /// `(…) {…}`, matched by brackets.
    pub(super) fn method(&mut self) -> Step {
        for opener in ["(", "{"] {
            let token = self.next(false)?;
            if self.lexer.slice(token) != opener || token.kind != Kind::Punctuator {
                return wrong(token.start..token.end, "A function needs `(…) {…}` here: complete it.");
            }
            self.skip(token)?;
        }
        Ok(())
    }

    /// `class name? (extends value)? {…}`, from behind the word.
    pub(super) fn class(&mut self, token: Token) -> Step {
        self.effect(Effect::Class, token.start..token.end);
        let (mut next, mut word) = self.ahead(false)?;
        if next.kind == Kind::Name && word != "extends" {
            self.next(false)?;
            if is_reserved(&cooked(word)) {
                return wrong(next.start..next.end, "This is a reserved word and no name: rename the class.");
            }
            (next, word) = self.ahead(false)?;
        }
        self.next(false)?;
        match word {
            "extends" => self.push(Open::Heritage, Token { start: token.start, ..next }, None),
            "{" => {
                self.skip(next)?;
                let value = self.new_value(token.start);
                self.set(value)
            }
            _ => wrong(next.start..next.end, "A class needs `{…}` here: complete it."),
        }
    }

    pub(super) fn import(&mut self, token: Token) -> Step {
        let span = token.start..token.end;
        self.effect(Effect::Import, span.clone());
        let (_, sign) = self.ahead(false)?;
        match sign {
            "(" if self.level.news == 0 => {
                let value = Value { import: true, ..self.new_value(token.start) };
                self.set(value)
            }
            "." => {
                self.next(false)?;
                let meta = self.next(false)?;
                if self.lexer.slice(meta) != "meta" {
                    return wrong(meta.start..meta.end, NOT_HERE);
                }
                let value = self.new_value(token.start);
                self.set(value)
            }
            _ => wrong(span, "`import` wants `(…)` or `.meta` behind it: complete it."),
        }
    }

    pub(super) fn spread(&mut self, token: Token) -> Step {
        let level_fresh = self.level.is_empty();
        match self.frames.last_mut().map(|frame| (frame.open, frame)) {
            Some((Open::Array | Open::Call | Open::Paren, frame)) if level_fresh => {
                if frame.open == Open::Paren {
                    frame.only_parameters.get_or_insert(token.start..token.end);
                }
                self.level.spread = true;
                Ok(())
            }
            _ => wrong(token.start..token.end, NOT_HERE),
        }
    }

    /// `,`, `]` or `)` where a value may be: a hole, or the end of what is empty or ends with a comma.
    pub(super) fn empty_element(&mut self, token: Token, source: &'t str) -> Step {
        let span = token.start..token.end;
        let free = self.level.is_empty();
        let Some(frame) = self.frames.last_mut().filter(|_| free) else { return wrong(span, NO_VALUE) };
        match (frame.open, source) {
            (Open::Array, ",") => {
                frame.commas += 1;
                Ok(())
            }
            (Open::Array, "]") | (Open::Call, ")") => self.close_list(token),
            (Open::Paren, ")") => {
                frame.only_parameters.get_or_insert(span);
                self.close_list(token)
            }
            _ => wrong(span, NO_VALUE),
        }
    }
}

/// The reserved words of module code (ECMA-262, 12.7.2).
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(
        word,
        "await"
            | "break"
            | "case"
            | "catch"
            | "class"
            | "const"
            | "continue"
            | "debugger"
            | "default"
            | "delete"
            | "do"
            | "else"
            | "enum"
            | "export"
            | "extends"
            | "false"
            | "finally"
            | "for"
            | "function"
            | "if"
            | "implements"
            | "import"
            | "in"
            | "instanceof"
            | "interface"
            | "let"
            | "new"
            | "null"
            | "package"
            | "private"
            | "protected"
            | "public"
            | "return"
            | "static"
            | "super"
            | "switch"
            | "this"
            | "throw"
            | "true"
            | "try"
            | "typeof"
            | "var"
            | "void"
            | "while"
            | "with"
            | "yield"
    )
}
