//! The comparison with both references, token by token.

use promptgate_tokens::{Encoder, Vocabulary};

use crate::texts::Texts;
use crate::{reference, unicode};

/// What was compared.
#[derive(Default)]
pub struct Report {
    /// Number of texts; each was compared for both vocabularies.
    pub texts: usize,
    /// Bytes of them.
    pub bytes: usize,
    /// Tokens that agreed, both vocabularies together.
    pub tokens: usize,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} texts, {} bytes, {} tokens agree", self.texts, self.bytes, self.tokens)
    }
}

/// Compares texts with both references.
pub struct Verifier {
    encoders: Vec<Encoder>,
    /// So far.
    pub report: Report,
}

impl Verifier {
    /// Starts with both vocabularies.
    ///
    /// # Errors
    /// A sentence, if one cannot be read.
    pub fn new() -> Result<Self, String> {
        let encoders = Vocabulary::ALL.into_iter().map(promptgate_vocabularies::encoder).collect::<Result<_, _>>();
        Ok(Self { encoders: encoders.map_err(|error| error.to_string())?, report: Report::default() })
    }

    /// Compares one text.
    ///
    /// # Errors
    /// The text and what was found, if anything differs.
    pub fn text(&mut self, text: &str) -> Result<(), String> {
        for encoder in &mut self.encoders {
            let vocabulary = encoder.vocabulary();
            let expected = reference::tiktoken(vocabulary).encode_ordinary(text);
            let second = reference::bpe(vocabulary).encode(text);
            let name = vocabulary.name();
            if expected != second {
                return Err(format!("{name}: the references differ on {text:?}"));
            }
            // count first: it fills the cache that encode then reads
            let count = encoder.count(text);
            let found = encoder.encode(text);
            if found != expected || count != expected.len() {
                return Err(format!("{name} {text:?}: counted {count}, encoded {found:?}, expected {expected:?}"));
            }
            if encoder.decode(&found).as_deref() != Some(text.as_bytes()) {
                return Err(format!("{name} {text:?}: decodes to something else"));
            }
            let limit = count.saturating_sub(1);
            if encoder.count_up_to(text, count) != Some(count)
                || (count > 0 && encoder.count_up_to(text, limit).is_some())
            {
                return Err(format!("{name} {text:?}: count_up_to differs"));
            }
            self.report.tokens += count;
        }
        self.report.texts += 1;
        self.report.bytes += text.len();
        Ok(())
    }

    /// Compares so many generated texts.
    ///
    /// # Errors
    /// As [`Self::text`], with the seed.
    pub fn generated(&mut self, seed: u64, texts: usize) -> Result<(), String> {
        let mut source = Texts::new(seed)?;
        for _ in 0..texts {
            self.text(&source.next_text()).map_err(|error| format!("seed {seed}: {error}"))?;
        }
        Ok(())
    }

    /// Compares code points, alone and in the contexts that the patterns look at: each `every`-th one,
    /// and each whose class is not that of the one before or after.
    ///
    /// # Errors
    /// As [`Self::text`].
    pub fn code_points(&mut self, every: usize) -> Result<(), String> {
        const CONTEXTS: [(&str, &str); 12] = [
            ("", ""),
            ("", "a"),
            (" ", "a"),
            ("'", "e"),
            ("we'", ""),
            ("A", "b"),
            ("a", "B"),
            ("\u{301}", "1"),
            (" ", "\n"),
            ("\n", " !"),
            ("12", "3"),
            ("/", "/"),
        ];
        let classes = unicode::classes()?;
        let mut line = String::new();
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let at = c as usize;
            let class = |at: Option<usize>| at.and_then(|at| classes.get(at));
            let is_border = class(at.checked_sub(1)) != class(Some(at)) || class(Some(at + 1)) != class(Some(at));
            if !at.is_multiple_of(every) && !is_border {
                continue;
            }
            // one text for all contexts: the pieces between are what is looked at. Newlines and the
            // full stop keep them apart
            line.clear();
            for (before, after) in CONTEXTS {
                line.push_str(before);
                line.push(c);
                line.push_str(after);
                line.push_str("\n.\n");
            }
            self.text(&line)?;
        }
        Ok(())
    }
}
