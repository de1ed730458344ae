//! Counting, encoding and decoding.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use crate::ascii;
use crate::cache::{self, Answer, Cache, Key};
use crate::long::Long;
use crate::merges::{Merges, NONE};
use crate::packed::PackedError;
use crate::short::{self, Short};
use crate::sink::Sink;
use crate::split::Pieces;
use crate::vocabulary::Vocabulary;

/// What the names of special tokens (`<|endoftext|>`) in a text are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Special {
    /// Ordinary text: several tokens. Right for anything that comes from outside.
    #[default]
    AsText,
    /// The one token of that name. Only for text whose author may steer the model.
    Recognise,
}

/// Exact token counts of one vocabulary.
///
/// Methods take `&mut self` since merges are read from the packed data when a text first asks for
/// them, and answers for short pieces are remembered. Neither changes a result. Keep one for each
/// vocabulary; making one reads a few kilobytes.
pub struct Encoder {
    merges: Merges,
    cache: Cache,
    short: Short,
    long: Long,
    special: Special,
}

impl Encoder {
    /// An encoder from packed data (`data/*.tokens`) that is a part of the program: it is not looked at for damage, which
    /// would read all of it.
    ///
    /// # Errors
    /// [`PackedError`], when the data is truncated or something else.
    pub fn embedded(packed: &'static [u8]) -> Result<Self, PackedError> {
        Self::open(Cow::Borrowed(packed), false)
    }

    /// An encoder from packed data (`data/*.tokens`) that was fetched.
    ///
    /// # Errors
    /// [`PackedError`], when the data is truncated, damaged or something else.
    pub fn from_packed(data: impl Into<Cow<'static, [u8]>>) -> Result<Self, PackedError> {
        Self::open(data.into(), true)
    }

    /// The same encoder with another policy for special tokens; the default is [`Special::AsText`].
    #[must_use]
    pub fn with_special(mut self, special: Special) -> Self {
        self.special = special;
        self
    }

    /// Its vocabulary.
    pub fn vocabulary(&self) -> Vocabulary {
        self.merges.vocabulary()
    }

    /// The number of tokens of a text.
    pub fn count(&mut self, text: &str) -> usize {
        let mut sink = Sink::count(usize::MAX);
        self.run(text, &mut sink);
        sink.total()
    }

    /// The number of tokens if it is at most `limit`, else `None`, and then without reading on: a
    /// text of any length costs about `limit` tokens of work.
    pub fn count_up_to(&mut self, text: &str, limit: usize) -> Option<usize> {
        let mut sink = Sink::count(limit);
        self.run(text, &mut sink);
        (!sink.is_full()).then_some(sink.total())
    }

    /// The tokens of a text.
    pub fn encode(&mut self, text: &str) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(text.len() / 3);
        self.run(text, &mut Sink::list(&mut tokens));
        tokens
    }

    /// The bytes of tokens; of special tokens their names. `None` if a token is not in the
    /// vocabulary. Tokens may split a character, so that the bytes of part of a text need not be
    /// UTF-8.
    pub fn decode(&mut self, tokens: &[u32]) -> Option<Vec<u8>> {
        self.merges.read_all();
        let mut bytes = Vec::with_capacity(tokens.len() * 4);
        let mut pending = Vec::new();
        let single = self.merges.bytes();
        for &token in tokens {
            if let Some(&(name, _)) = self.vocabulary().special_tokens().iter().find(|(_, id)| *id == token) {
                bytes.extend_from_slice(name.as_bytes());
                continue;
            }
            let most = bytes.len() + LONGEST_TOKEN;
            pending.push(token);
            while let Some(token) = pending.pop() {
                match self.merges.parts(token) {
                    (NONE, _) => bytes.push(*single.get(token as usize)?),
                    (left, right) => pending.extend([right, left]),
                }
                if bytes.len() > most {
                    return None;
                }
            }
        }
        Some(bytes)
    }

    /// Bytes of heap in use.
    pub fn heap(&self) -> usize {
        self.merges.heap() + self.cache.heap() + self.long.heap()
    }

    /// Counts a text whose special tokens, if recognised, have been cut out.
    pub(crate) fn run_plain(&mut self, text: &str, sink: &mut Sink<'_>) {
        let mut at = 0;
        while !sink.is_full() && at < text.len() {
            let length;
            (at, length) = self.run_known(text.as_bytes(), at, sink);
            let mut pieces = Pieces::new(text, at, self.vocabulary());
            let end = if length > 0 { at + length } else { pieces.next_end().unwrap_or(at) };
            #[cfg(test)]
            {
                self.merges.work += pieces.work;
            }
            if end > at {
                self.piece(text.as_bytes(), at, end, sink);
            }
            at = end;
        }
    }

    /// Counts pieces from the byte `at` on as long as they are common ones whose answers are known. Nearly all of
    /// English text and code is done here. Returns where that ends, and the length of the piece there, or 0.
    #[inline]
    fn run_known(&mut self, text: &[u8], mut at: usize, sink: &mut Sink<'_>) -> (usize, usize) {
        let vocabulary = self.vocabulary();
        // a sink that lists gets each piece by itself
        let (mut total, room) = (0, sink.room());
        let longest = if sink.lists() { 0 } else { cache::LONGEST_SMALL };
        let mut length = 0;
        while let Some(bytes) = text.get(at..).and_then(|rest| rest.first_chunk()) {
            length = ascii::piece(bytes, vocabulary);
            let is_small = length.wrapping_sub(1) < longest;
            let count = if is_small { self.cache.count(cache::small_key(bytes, length)) } else { 0 };
            if count == 0 || total > room {
                break;
            }
            (total, at, length) = (total + count, at + length, 0);
        }
        sink.add(total);
        (at, length)
    }

    /// Merges the piece `text[start..end]`.
    pub(crate) fn piece(&mut self, text: &[u8], start: usize, end: usize, sink: &mut Sink<'_>) {
        let length = end - start;
        if length == 1 && sink.lists() {
            let token = text.get(start).map_or(NONE, |&byte| self.merges.byte(byte));
            return sink.push(token);
        }
        let piece = text.get(start..end).unwrap_or(&[]);
        if length > short::LONGEST {
            return self.long.merge(&mut self.merges, &mut self.short, piece, sink);
        }
        let key = Key::of(piece);
        if let Some(answer) = key.as_ref().and_then(|key| self.cache.get(key)) {
            if !sink.lists() {
                return sink.add(answer.count);
            }
            if let Some(tokens) = answer.tokens() {
                return tokens.for_each(|token| sink.push(token));
            }
        }
        let count = self.short.merge(&mut self.merges, piece);
        let tokens = || self.short.tokens().map(|(token, _)| token);
        if sink.lists() {
            tokens().for_each(|token| sink.push(token));
        } else {
            sink.add(count);
        }
        if let Some(key) = key {
            self.cache.put(&key, Answer::new(count, tokens()), sink.lists());
        }
    }

    fn run(&mut self, text: &str, sink: &mut Sink<'_>) {
        match self.special {
            Special::AsText => self.run_plain(text, sink),
            Special::Recognise => self.run_with_special(text, sink),
        }
    }

    #[cold]
    #[inline(never)]
    fn run_with_special(&mut self, text: &str, sink: &mut Sink<'_>) {
        let mut rest = text;
        while let Some((at, name, id)) = first_special(rest, self.vocabulary()) {
            self.run_plain(rest.get(..at).unwrap_or(""), sink);
            sink.push(id);
            if sink.is_full() {
                return;
            }
            rest = rest.get(at + name.len()..).unwrap_or("");
        }
        self.run_plain(rest, sink);
    }

    fn open(data: Cow<'static, [u8]>, check: bool) -> Result<Self, PackedError> {
        Ok(Self {
            merges: Merges::open(data, check)?,
            cache: Cache::new(),
            short: Short::new(),
            long: Long::new(),
            special: Special::AsText,
        })
    }
}

/// Longest token of both vocabularies in bytes, and then some: bounds what wrong data decodes to.
const LONGEST_TOKEN: usize = 1024;

/// The first special token of a text: where, its name and its id.
fn first_special(text: &str, vocabulary: Vocabulary) -> Option<(usize, &'static str, u32)> {
    (0..text.len()).find_map(|at| {
        let from = text.as_bytes().get(at..)?;
        if !from.starts_with(b"<|") {
            return None;
        }
        let mut specials = vocabulary.special_tokens().iter();
        specials.find(|(name, _)| from.starts_with(name.as_bytes())).map(|&(name, id)| (at, name, id))
    })
}

#[cfg(test)]
mod tests;
