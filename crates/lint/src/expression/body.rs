//! Bodies and parameters of functions, bodies of classes: matched by their brackets, not looked into.

use super::MAX_DEPTH;
use super::grammar::Grammar;
use super::state::*;
use super::token::{Kind, Piece, Token};
use crate::placeholder::Malformation;

impl<'t> Grammar<'t> {
    /// Passes over what is between the bracket `opener` and the one that closes it: tokens, not grammar.
    pub(super) fn skip(&mut self, opener: Token) -> Step {
        let begin = self.lexer.at;
        let mut open = vec![opener];
        let mut operand = true;
        while let Some(innermost) = open.last().copied() {
            let token = self.next(operand)?;
            let source = self.lexer.slice(token);
            let span = token.start..token.end;
            match (token.kind, source) {
                (Kind::End, _) => return Err(self.unfinished(span)),
                (Kind::Backtick, _) => {
                    operand = false;
                    if self.piece()? {
                        open.push(token);
                        operand = true;
                    }
                }
                (Kind::Punctuator, "(" | "[" | "{") => {
                    open.push(token);
                    operand = true;
                }
                (Kind::Punctuator, ")" | "]" | "}") => {
                    let opened = self.lexer.slice(innermost);
                    if !matches!((opened, source), ("(", ")") | ("[", "]") | ("{" | "`", "}")) {
                        return wrong(span, "This bracket closes nothing that is open: balance the brackets.");
                    }
                    operand = false;
                    if opened == "`" && self.piece()? {
                        operand = true;
                    } else {
                        open.pop();
                    }
                }
                (Kind::Punctuator, sign) => operand = !matches!(sign, "++" | "--"),
                (Kind::Name, word) => operand = precedes_value(word),
                _ => operand = false,
            }
            if open.len() > MAX_DEPTH {
                let message = "This nests deeper than 64 levels: compute the value before.";
                return Err(Fault { kind: Malformation::TooComplex, span, message });
            }
        }
        let end = self.lexer.at.saturating_sub(1);
        if begin < end {
            self.expression.opaque.push(begin..end);
        }
        Ok(())
    }

    /// Reads a piece of a template literal; whether a substitution follows.
    pub(super) fn piece(&mut self) -> Result<bool, Fault> {
        let piece = self.lexer.template(true);
        piece.map(|piece| piece == Piece::Substitution).map_err(|bad| self.bad(bad))
    }
}

/// Words after which a value comes, so that `/` begins a regular expression.
fn precedes_value(word: &str) -> bool {
    matches!(
        word,
        "return"
            | "typeof"
            | "case"
            | "do"
            | "else"
            | "in"
            | "instanceof"
            | "new"
            | "void"
            | "delete"
            | "throw"
            | "yield"
            | "await"
            | "of"
            | "extends"
            | "default"
    )
}
