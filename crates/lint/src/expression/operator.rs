//! What follows a value: operators, assignments, arrows, members, calls.

use std::ops::Range;

use super::grammar::Grammar;
use super::state::*;
use super::token::{Kind, Token, cooked};
use super::{Call, Effect, Member};

impl<'t> Grammar<'t> {
    pub(super) fn operator(&mut self, token: Token, source: &'t str) -> Step {
        let span = token.start..token.end;
        if token.kind == Kind::Backtick {
            self.settle(token)?;
            if self.value.as_ref().is_some_and(|value| value.chain) {
                return wrong(span, "A template may not follow `?.`: call a function.");
            }
            self.note_call(token);
            return self.begin_template(token, true);
        }
        let heritage = self.frames.last().is_some_and(|frame| frame.open == Open::Heritage);
        if token.kind == Kind::Name && matches!(source, "in" | "instanceof") && !heritage {
            return self.binary(token, source);
        }
        if token.kind != Kind::Punctuator {
            return wrong(span, TWO_VALUES);
        }
        match source {
            "." | "?." | "[" | "(" => self.member(token, source),
            "{" if heritage => self.end_heritage(token),
            _ if heritage => wrong(span, "A class needs `{…}` here: complete it."),
            "++" | "--" => self.postfix(token),
            "=>" => self.arrow(token),
            "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "**=" | "<<=" | ">>=" | ">>>=" | "&=" | "|=" | "^=" | "&&="
            | "||=" | "??=" => self.assignment(token, source),
            "?" => {
                self.end_value(token, false)?;
                self.may_go_on(token)?;
                self.push(Open::Conditional, token, None)
            }
            ":" | "," | ")" | "]" | "}" => self.end(token, source),
            "{" | "~" | "!" | "..." | ";" | "#" | "@" => wrong(span, TWO_VALUES),
            _ => self.binary(token, source),
        }
    }

    /// The value before `token` can be no pattern and no parameters, since something follows.
    pub(super) fn settle(&mut self, token: Token) -> Step {
        let Some(value) = &self.value else { return wrong(token.start..token.end, NO_VALUE) };
        if let Some(place) = value.only_parameters.clone() {
            return wrong(place, ONLY_PARAMETERS);
        }
        if let Some(place) = value.only_pattern.clone() {
            return wrong(place, NO_PATTERN);
        }
        if !value.open {
            return wrong(token.start..token.end, NOT_HERE);
        }
        Ok(())
    }

    /// An operator may follow: the value before `token` is no arrow function.
    pub(super) fn may_go_on(&self, token: Token) -> Step {
        match &self.value {
            Some(value) if !value.last => Ok(()),
            _ => wrong(token.start..token.end, "Nothing may follow an arrow function's body: put it in brackets."),
        }
    }

    pub(super) fn binary(&mut self, token: Token, source: &str) -> Step {
        let span = token.start..token.end;
        self.end_value(token, false)?;
        self.may_go_on(token)?;
        match source {
            "**" if self.level.unary => {
                return wrong(span, "A sign is not allowed before `**`: put the operand in brackets.");
            }
            "??" => self.level.coalesce = true,
            "&&" | "||" => self.level.logical = true,
            _ => {}
        }
        if self.level.coalesce && self.level.logical {
            return wrong(span, "`??` does not mix with `&&` and `||`: put one of them in brackets.");
        }
        self.level = Level { fresh: false, bare: false, unary: false, update: false, news: 0, ..self.level.clone() };
        self.expect = Expect::Value;
        Ok(())
    }

    pub(super) fn assignment(&mut self, token: Token, source: &str) -> Step {
        let span = token.start..token.end;
        let bare = self.level.bare && self.level.news == 0;
        let Some(value) = &self.value else { return wrong(span, NO_VALUE) };
        if let Some(place) = value.only_parameters.clone() {
            return wrong(place, ONLY_PARAMETERS);
        }
        if !bare || !(value.simple || (source == "=" && value.shape.assign)) {
            return wrong(span, NO_ASSIGNMENT);
        }
        let shape = if source == "=" { value.shape } else { NO_TARGET };
        self.effect(Effect::Assignment, span);
        self.restart(shape);
        Ok(())
    }

    pub(super) fn postfix(&mut self, token: Token) -> Step {
        let span = token.start..token.end;
        if token.newline {
            return wrong(span, TWO_VALUES);
        }
        self.settle(token)?;
        let free = !self.level.update && self.level.news == 0;
        let Some(value) = self.value.as_mut().filter(|value| free && value.simple) else {
            return wrong(span, "Expected a variable or a member before the increment.");
        };
        (value.simple, value.open, value.parameters, value.shape) = (false, false, false, NO_TARGET);
        (value.path, value.literal) = (None, None);
        self.level.bare = false;
        self.effect(Effect::Update, span);
        Ok(())
    }

    pub(super) fn arrow(&mut self, token: Token) -> Step {
        let span = token.start..token.end;
        let bare = self.level.bare && self.level.news == 0 && !token.newline;
        let Some(value) = self.value.as_ref().filter(|value| bare && value.parameters) else {
            return wrong(span, "Expected parameters before `=>`: write `(name) =>`.");
        };
        let (start, asynchronous) = (value.start, value.asynchronous);
        let names = value.names.min(self.expression.names.len());
        self.bound.extend(self.expression.names.drain(names..).map(|name| name.name));
        self.effect(Effect::Function, span);
        let (body, source) = self.ahead(true)?;
        self.restart(NO_TARGET);
        self.level.no_await = !asynchronous;
        if source == "{" {
            self.next(true)?;
            self.skip(body)?;
            let value = Value { open: false, last: true, ..self.new_value(start) };
            self.level.bare = false;
            return self.set(value);
        }
        Ok(())
    }

    /// `.name`, `?.name`, `[…]`, `(…)`.
    pub(super) fn member(&mut self, token: Token, source: &'t str) -> Step {
        self.settle(token)?;
        let (mut token, mut source) = (token, source);
        if source == "?." {
            if self.level.news > 0 {
                return wrong(token.start..token.end, "`?.` may not follow `new`: put the class in brackets.");
            }
            if let Some(value) = &mut self.value {
                value.chain = true;
            }
            let word = self.ahead(false)?.1;
            if matches!(word, "[" | "(") {
                (token, source) = (self.next(false)?, word);
            }
        }
        match source {
            "(" => {
                let arrow = !token.newline && self.level.bare && self.level.news == 0 && self.is_async(token);
                match self.level.news.checked_sub(1) {
                    Some(news) => self.level.news = news,
                    None if arrow => {}
                    None => self.note_call(token),
                }
                let value = self.value.take();
                self.push(Open::Call, token, value)?;
                if let Some(frame) = self.frames.last_mut() {
                    frame.import = frame.value.as_ref().is_some_and(|value| value.import);
                    frame.arrow = arrow;
                }
                Ok(())
            }
            "[" => {
                let value = self.value.take();
                self.push(Open::Index, token, value)
            }
            _ => {
                let name = self.next(false)?;
                if name.kind != Kind::Name {
                    return wrong(name.start..name.end, "A member's name is missing here: write it.");
                }
                let spelt = cooked(self.lexer.slice(name)).into_owned();
                self.touch(Some(spelt), name.start..name.end);
                Ok(())
            }
        }
    }

    /// Whether the value before `token` is the word `async`.
    pub(super) fn is_async(&self, token: Token) -> bool {
        let value = self.value.as_ref().filter(|value| value.parameters);
        let source = value.and_then(|value| self.text.get(value.start..token.start));
        source.is_some_and(|source| source.trim_end() == "async")
    }

    /// The member `name` of the value is what counts from here on.
    pub(super) fn touch(&mut self, name: Option<String>, span: Range<usize>) {
        if let Some(value) = &mut self.value {
            value.shape = Shape { assign: !value.chain, bind: false };
            value.simple = !value.chain;
            value.parameters = false;
            value.literal = None;
            value.path = value.path.take().zip(name.clone()).map(|(mut path, name)| {
                path.push(name);
                path
            });
        }
        self.expression.members.push(Member { name, span });
    }

    pub(super) fn note_call(&mut self, token: Token) {
        let Some(value) = &self.value else { return };
        let length = self.text.get(value.start..token.start).map_or(0, |source| source.trim_end().len());
        let span = value.start..value.start + length;
        self.expression.calls.push(Call { callee: value.path.clone(), span });
    }
}
