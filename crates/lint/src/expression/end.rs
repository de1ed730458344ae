//! What ends a value or a list, and the pieces of template literals.

use super::grammar::Grammar;
use super::state::*;
use super::token::{Piece, Token, cooked};

impl<'t> Grammar<'t> {
    /// `:`, `,` and closing brackets.
    pub(super) fn end(&mut self, token: Token, source: &'t str) -> Step {
        let span = token.start..token.end;
        let open = self.frames.last().map(|frame| frame.open);
        match (open, source) {
            (Some(Open::Conditional), ":") => {
                self.end_value(token, false)?;
                self.pop();
                self.restart(NO_TARGET);
                Ok(())
            }
            (Some(Open::Conditional), _) => wrong(span, "The `:` of this `?` is missing: write the other value."),
            (None | Some(Open::Index | Open::Template), ",") => {
                self.end_value(token, false)?;
                self.level = self.next_level();
                match self.frames.last_mut() {
                    Some(frame) => frame.commas += 1,
                    None => self.comma = true,
                }
                self.expect = Expect::Value;
                Ok(())
            }
            (Some(Open::Paren | Open::Call | Open::Array | Open::Object), ",") => {
                self.end_element(token)?;
                if let Some(frame) = self.frames.last_mut() {
                    frame.commas += 1;
                    frame.simple = false;
                    // A rest is the last of a pattern.
                    if frame.rest {
                        frame.shape = NO_TARGET;
                    }
                }
                self.expect = if open == Some(Open::Object) { Expect::Property } else { Expect::Value };
                Ok(())
            }
            (Some(Open::Paren | Open::Call), ")") | (Some(Open::Array), "]") => {
                self.end_element(token)?;
                self.close_list(token)
            }
            (Some(Open::Index), "]") => self.end_index(token),
            (Some(Open::Key(method)), "]") => {
                self.end_value(token, false)?;
                self.pop();
                self.end_key(method)
            }
            (Some(Open::Object), "}") => {
                self.end_element(token)?;
                self.close_list(token)
            }
            (Some(Open::Template), "}") => {
                self.end_value(token, false)?;
                self.template(token)
            }
            _ => wrong(span, NOT_HERE),
        }
    }

    pub(super) fn end_index(&mut self, token: Token) -> Step {
        self.end_value(token, false)?;
        let whole = self.level.bare && self.level.news == 0 && self.level.target.is_none();
        let inside = self.value.take().filter(|_| whole);
        let Some(frame) = self.pop() else { return wrong(token.start..token.end, NOT_HERE) };
        let name = inside.filter(|_| frame.commas == 0).and_then(|value| value.literal);
        self.value = frame.value;
        self.touch(name, frame.start + 1..token.start);
        self.expect = Expect::Operator;
        Ok(())
    }

    pub(super) fn end_heritage(&mut self, token: Token) -> Step {
        self.end_value(token, false)?;
        let bare = self.level.bare;
        let Some(frame) = self.pop().filter(|_| bare) else {
            return wrong(token.start..token.end, "What a class extends is a value without operators: use brackets.");
        };
        self.skip(token)?;
        let value = self.new_value(frame.start);
        self.set(value)
    }

    // ---- template literals ----

    /// From behind the backtick `token`; where `tagged`, the value before it is its tag.
    pub(super) fn begin_template(&mut self, token: Token, tagged: bool) -> Step {
        let piece = self.lexer.template(tagged);
        let piece = piece.map_err(|bad| self.bad(bad))?;
        let tag = self.value.take().filter(|_| tagged);
        if piece == Piece::Substitution {
            return self.push(Open::Template, token, tag);
        }
        let start = tag.as_ref().map_or(token.start, |tag| tag.start);
        let inside = self.text.get(token.end..self.lexer.at.saturating_sub(1)).filter(|_| !tagged);
        let literal = inside.map(|inside| cooked(inside).into_owned());
        let value = Value { literal, ..self.new_value(start) };
        self.set(value)
    }

    /// From behind the `}` of a substitution.
    pub(super) fn template(&mut self, token: Token) -> Step {
        let tagged = self.frames.last().is_some_and(|frame| frame.value.is_some());
        let piece = self.lexer.template(tagged);
        let piece = piece.map_err(|bad| self.bad(bad))?;
        if piece == Piece::Substitution {
            self.level = self.next_level();
            self.expect = Expect::Value;
            return Ok(());
        }
        let Some(frame) = self.pop() else { return wrong(token.start..token.end, NOT_HERE) };
        let start = frame.value.map_or(frame.start, |tag| tag.start);
        let value = self.new_value(start);
        self.set(value)
    }
}
