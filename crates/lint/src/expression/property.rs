//! The members of object literals.

use super::grammar::Grammar;
use super::state::*;
use super::token::{Kind, Token, cooked};
use super::value::is_reserved;
use super::{Effect, Member};

impl<'t> Grammar<'t> {
    pub(super) fn property(&mut self, token: Token, source: &'t str) -> Step {
        let span = token.start..token.end;
        match (token.kind, source) {
            (Kind::Punctuator, "}") => return self.close_list(token),
            (Kind::Punctuator, "...") => {
                self.level.spread = true;
                self.expect = Expect::Value;
                return Ok(());
            }
            (Kind::Punctuator, "[") => return self.push(Open::Key(false), token, None),
            (Kind::Punctuator, "*") => return self.method_key(),
            (Kind::Name | Kind::String | Kind::Number, _) => {}
            _ => return wrong(span, "A member's name is missing here: write it, or close the object."),
        }
        let (next, sign) = self.ahead(false)?;
        let key = matches!(next.kind, Kind::Name | Kind::String | Kind::Number) || sign == "[";
        match source {
            "get" | "set" if key => return self.method_key(),
            "async" if (key || sign == "*") && !next.newline => {
                if sign == "*" {
                    self.next(false)?;
                }
                return self.method_key();
            }
            _ => {}
        }
        let name = cooked(source);
        match sign {
            "(" => self.end_key(true),
            ":" => {
                if name.trim_matches(['"', '\'']) == "__proto__" {
                    self.expression.members.push(Member { name: Some("__proto__".to_owned()), span });
                }
                self.end_key(false)
            }
            _ if token.kind != Kind::Name || is_reserved(&name) => {
                wrong(span, "This member needs a value: write `: value` behind it.")
            }
            "," | "}" => self.variable(token, &name),
            "=" => {
                let sign = self.next(false)?;
                self.variable(token, &name)?;
                let shape = self.value.as_ref().map_or(NO_TARGET, |value| value.shape);
                if let Some(frame) = self.frames.last_mut() {
                    frame.only_pattern.get_or_insert(sign.start..sign.end);
                }
                self.restart(shape);
                Ok(())
            }
            _ => wrong(next.start..next.end, "A `:` or `,` is missing here: write it."),
        }
    }

    /// The name of what must be a method, and the rest of it.
    pub(super) fn method_key(&mut self) -> Step {
        let token = self.next(false)?;
        if self.lexer.slice(token) == "[" {
            return self.push(Open::Key(true), token, None);
        }
        if !matches!(token.kind, Kind::Name | Kind::String | Kind::Number) {
            return wrong(token.start..token.end, "A method's name is missing here: write it.");
        }
        self.end_key(true)
    }

    /// Behind a member's name: `: value`, or a method, which it must be if `method`.
    pub(super) fn end_key(&mut self, method: bool) -> Step {
        let (next, sign) = self.ahead(false)?;
        self.level = self.next_level();
        match sign {
            ":" if !method => {
                self.next(false)?;
                self.expect = Expect::Value;
                Ok(())
            }
            "(" => {
                self.effect(Effect::Function, next.start..next.end);
                self.method()?;
                let value = Value { open: false, last: true, ..self.new_value(next.start) };
                self.level.bare = false;
                self.set(value)
            }
            _ => wrong(next.start..next.end, "A `:` or `(` is missing here: write it."),
        }
    }
}
