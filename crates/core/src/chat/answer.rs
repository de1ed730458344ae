//! The guard over an answer: every text of every choice is a stream of its own, and what is held back goes out before
//! its choice ends.

use std::collections::BTreeMap;

use promptgate_guard::{Action, Guard, Piece, Role, Stream};

use super::arguments::{Arguments, Passed};
use super::echo::Echoes;
use super::event::{Channel, ChatEvent, ChoiceEvent, Members, Part};
use super::extra;
use crate::guard::{self, Findings};

/// Most texts of one answer that are guarded at once: 128 choices are the most that OpenAI's wire gives, and calls of
/// tools come in tens (ours).
const MAX_TEXTS: usize = 1024;
/// Most bytes that are read of the unknown members of one document (ours): citations have some kilobytes. What is beyond
/// is left out.
const MAX_EXTRA: usize = 128 << 10;

/// Guards one answer.
#[derive(Debug)]
pub struct AnswerGuard {
    guard: Guard,
    /// The gateway's, from which the policy of `guard` may differ.
    strict: Guard,
    texts: BTreeMap<(u32, Channel), Text>,
    /// How many bytes have come of texts that may be spelt again.
    came: BTreeMap<(u32, Channel), usize>,
    echoes: Echoes,
    /// The members of the answer that came last, as upstream wrote them and as they may pass: most documents repeat them.
    about: Option<(Members, Members)>,
    found: Findings,
    /// Something was found that the policy blocks.
    refused: bool,
    /// Something was replaced.
    replaced: bool,
}

/// A text under guard.
#[derive(Debug)]
enum Text {
    Plain(Box<Stream>),
    /// The arguments of a call.
    Json(Box<Arguments>),
}

/// The policy refuses what comes next in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

impl AnswerGuard {
    /// Guards by `guard`, or, unless the answer is `moderated`, keys and passwords alone.
    pub fn new(guard: &Guard, moderated: bool) -> AnswerGuard {
        let strict = guard.clone();
        let guard = if moderated { strict.clone() } else { guard::lenient(guard, |kind| !guard::is_secret(kind)) };
        AnswerGuard {
            guard,
            strict,
            texts: BTreeMap::new(),
            came: BTreeMap::new(),
            echoes: Echoes::default(),
            about: None,
            found: Findings::default(),
            refused: false,
            replaced: false,
        }
    }

    /// What may pass of `event`; where a choice ends, with what was held back of it.
    ///
    /// # Errors
    /// The policy blocks something: beside it, what may pass before.
    pub fn pass(&mut self, event: ChatEvent) -> (Vec<ChatEvent>, Result<(), Refused>) {
        match event {
            ChatEvent::Choice(event) => self.choice(*event),
            ChatEvent::About(members) => {
                let (members, result) = self.about(members);
                (vec![ChatEvent::About(members)], result)
            }
            ChatEvent::End => {
                let (mut events, result) = self.rest();
                if result.is_ok() {
                    events.push(ChatEvent::End);
                }
                (events, result)
            }
            event => (vec![event], Ok(())),
        }
    }

    fn choice(&mut self, mut event: ChoiceEvent) -> (Vec<ChatEvent>, Result<(), Refused>) {
        let others = self.echoes.take(&mut event);
        let mut result = self.others(&others);
        result = result.and(self.members(&mut event.message)).and(self.members(&mut event.choice));
        let mut parts = Vec::with_capacity(event.parts.len());
        for mut part in std::mem::take(&mut event.parts) {
            if result.is_err() {
                break;
            }
            if let Some(call) = &mut part.call {
                result = self.members(call);
                if result.is_err() {
                    break;
                }
            }
            if !part.text.is_empty() {
                (part.text, result) = self.text(event.index, part.channel, &part.text);
            }
            if !part.text.is_empty() || part.call.is_some() {
                parts.push(part);
            }
        }
        if result.is_ok() && event.finish.is_some() {
            let rest;
            (rest, result) = self.finish(|(index, _)| *index == event.index);
            parts.extend(rest.into_iter().map(|(_, part)| part));
        }
        if result.is_err() {
            event.finish = None;
        }
        self.echo(&mut event, result.is_ok());
        event.parts = parts;
        (vec![ChatEvent::Choice(Box::new(event))], result)
    }

    /// What may pass of the members of the answer.
    fn about(&mut self, members: Members) -> (Members, Result<(), Refused>) {
        if !members.iter().any(|(name, json)| extra::is_text(name, json)) {
            return (members, Ok(()));
        }
        if let Some((_, passed)) = self.about.as_ref().filter(|(known, _)| *known == members) {
            return (passed.clone(), Ok(()));
        }
        let mut passed = members.clone();
        let result = self.members(&mut passed);
        self.about = Some((members, passed.clone()));
        (passed, result)
    }

    /// Replaces in unknown members what may not pass.
    fn members(&mut self, members: &mut Members) -> Result<(), Refused> {
        let mut result = Ok(());
        let mut room = MAX_EXTRA;
        let mut edits = Vec::new();
        for (name, json) in members.iter().filter(|(name, json)| extra::is_text(name, json)) {
            let Some(passed) = extra::pass(&self.guard, json, &mut room) else {
                edits.push((name.to_owned(), None));
                continue;
            };
            let replaced = passed.found.iter().any(|entry| entry.action >= Action::Redact);
            let (text, passes) = self.note(passed);
            result = result.and(passes);
            if passes.is_err() || replaced {
                edits.push((name.to_owned(), passes.is_ok().then_some(text)));
            }
        }
        for (name, edit) in edits {
            match edit {
                Some(text) => members.put_json(&name, text),
                None => drop(members.take(&name)),
            }
        }
        result
    }

    /// Reads the strings of what spells a text again that say something else: where one may not pass, nothing of it does.
    fn others(&mut self, others: &[String]) -> Result<(), Refused> {
        if others.is_empty() {
            return Ok(());
        }
        let mut came = Members::default();
        came.put_json("others", format!("[{}]", others.join(",")));
        let mut passed = came.clone();
        let result = self.members(&mut passed);
        self.replaced |= passed != came;
        result
    }

    /// Gives `event` what spells the part of its texts that has passed.
    fn echo(&mut self, event: &mut ChoiceEvent, passes: bool) {
        if self.replaced || !passes {
            event.choice.take("logprobs");
            return self.echoes.clear();
        }
        for (&(index, channel), came) in
            self.came.range((event.index, Channel::Content)..=(event.index, Channel::Reasoning))
        {
            let held = match self.texts.get(&(index, channel)) {
                Some(Text::Plain(stream)) => stream.held(),
                _ => 0,
            };
            self.echoes.release(event, channel, came.saturating_sub(held));
        }
    }

    fn text(&mut self, index: u32, channel: Channel, text: &str) -> (String, Result<(), Refused>) {
        if self.texts.len() >= MAX_TEXTS && !self.texts.contains_key(&(index, channel)) {
            return (String::new(), Err(Refused));
        }
        if Echoes::may_spell(channel) {
            *self.came.entry((index, channel)).or_default() += text.len();
        }
        let text_of = || match channel {
            Channel::Tool(_) | Channel::Function => Text::Json(Box::new(Arguments::new(&self.guard))),
            _ => Text::Plain(Box::new(self.guard.stream(Role::Assistant))),
        };
        let passed = match self.texts.entry((index, channel)).or_insert_with(text_of) {
            Text::Plain(stream) => passed(stream.push(text)),
            Text::Json(arguments) => arguments.push(text),
        };
        self.note(passed)
    }

    /// Counts what was found.
    fn note(&mut self, passed: Passed) -> (String, Result<(), Refused>) {
        self.replaced |= passed.found.iter().any(|entry| entry.action >= Action::Redact);
        self.refused |= passed.found.iter().any(|entry| entry.action == Action::Block);
        self.found.add(&passed.found, Role::Assistant, self.strict.policy());
        self.found.watched(&passed.would);
        (passed.text, if passed.blocked { Err(Refused) } else { Ok(()) })
    }

    /// What is held back, when nothing more will come.
    pub fn rest(&mut self) -> (Vec<ChatEvent>, Result<(), Refused>) {
        let (rest, result) = self.finish(|_| true);
        let event = |(index, part)| {
            ChatEvent::Choice(Box::new(ChoiceEvent { index, parts: vec![part], ..ChoiceEvent::default() }))
        };
        (rest.into_iter().map(event).collect(), result)
    }

    /// Ends the texts for which `ends` holds.
    fn finish(&mut self, ends: impl Fn(&(u32, Channel)) -> bool) -> (Vec<(u32, Part)>, Result<(), Refused>) {
        let keys: Vec<_> = self.texts.keys().copied().filter(ends).collect();
        let mut rest = Vec::new();
        let mut result = Ok(());
        for key in keys {
            let passed = match self.texts.remove(&key) {
                Some(Text::Plain(mut stream)) => passed(stream.finish()),
                Some(Text::Json(mut arguments)) => arguments.finish(),
                None => continue,
            };
            let (text, _) = self.note(passed);
            if self.refused {
                result = Err(Refused);
            }
            if !text.is_empty() {
                rest.push((key.0, Part { channel: key.1, text, call: None }));
            }
        }
        (rest, result)
    }

    /// What was found so far.
    pub fn findings(&self) -> Findings {
        self.found.clone()
    }
}

fn passed(piece: Piece) -> Passed {
    Passed { text: piece.text, found: piece.findings, would: piece.would, blocked: piece.blocked }
}
