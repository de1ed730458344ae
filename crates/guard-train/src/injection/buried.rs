//! Attacks that are caught alone, within long everyday texts: how many are still caught, by where they
//! stand, how they stand there, and in what.

use super::chats::{CHATS, Chat};
use super::corpus::{Message, Tone};
use super::evasions::{SHORT, flagged};
use super::goals::rows;
use super::report::heading;
use std::fmt::Write;

/// Where in the chat: so many parts of two come before.
const PLACES: [(&str, usize); 3] = [("beginning", 0), ("middle", 1), ("end", 2)];

type Form = (&'static str, fn(&str) -> String);

/// How it stands there.
const FORMS: [Form; 3] = [
    ("a line of its own", |text| format!("\n{text}\n")),
    ("a sentence among others", |text| {
        let ends = text.ends_with(['.', '!', '?', '。', '…', '।', '"', ':']);
        format!("{text}{} ", if ends { "" } else { "." })
    }),
    ("a sentence without its end", |text| format!("{text} ")),
];

/// `text` in a chat of 3 kB.
pub(super) fn buried(text: &str, chat: &Chat, number: usize, before: usize, form: fn(&str) -> String) -> String {
    let mut sentences = chat.sentences(number);
    let at = sentences.len() * before / 2;
    let mut own = form(text);
    // What stands before ends with a blank or a line, or needs neither.
    if at > 0 && own.starts_with('\n') && sentences.get(at - 1).is_some_and(|before| before.ends_with('\n')) {
        own.remove(0);
    }
    sentences.insert(at, own);
    sentences.concat()
}

/// Shares caught, by place, form and chat.
pub(super) fn table(messages: &[Message]) -> Result<String, String> {
    let public = messages.iter().filter(|message| message.attack && SHORT.contains(&message.source.as_str()));
    let public: Vec<&str> = public.map(|message| message.text.as_str()).filter(|text| flagged(text)).collect();
    let mut own: Vec<String> = Vec::new();
    for file in ["injection.jsonl", "languages.jsonl"] {
        let rows = rows(file)?.into_iter().filter(|row| row.expect == "injection" && flagged(&row.text));
        own.extend(rows.map(|row| row.text));
    }
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let easy = messages.iter().filter(|message| !message.attack && message.tone == Tone::Easy && !message.held_out);
    let easy: Vec<&str> =
        easy.map(|message| message.text.as_str()).filter(|text| text.len() < 300).step_by(20).collect();
    let centre = messages.iter().filter(|message| message.held_out && message.source == "own_centre");
    let centre: Vec<&str> = centre.map(|message| message.text.as_str()).collect();

    let mut out = String::new();
    heading(&mut out, "Buried in 3 kB of chat (own chats, never trained on; threshold 0.5)");
    let alone: Vec<String> =
        CHATS.iter().flat_map(|chat| (0..100).map(|number| chat.sentences(number).concat())).collect();
    let wrong = alone.iter().filter(|text| flagged(text)).count();
    let _ = writeln!(out, "{wrong} of {} chats flagged without an attack.\n", alone.len());
    let sets =
        [("public attacks", &public), ("own rows", &own), ("easy benign", &easy), ("held-out contact centre", &centre)];
    let _ = write!(out, "| |");
    for (name, texts) in &sets {
        let _ = write!(out, " {name} ({}) |", texts.len());
    }
    let _ = writeln!(out, "\n|---|{}", "---|".repeat(sets.len()));
    let shares: Vec<Shares> = sets.iter().map(|(_, texts)| Shares::of(texts)).collect();
    let mut line = |name: &str, of: &dyn Fn(&Shares) -> f32| {
        let _ = write!(out, "| {name} |");
        for shares in &shares {
            let _ = write!(out, " {:.3} |", of(shares));
        }
        let _ = writeln!(out);
    };
    for (at, (place, _)) in PLACES.iter().enumerate() {
        line(place, &|shares| shares.share(|(of, _, _)| of == at));
    }
    for (at, (form, _)) in FORMS.iter().enumerate() {
        line(form, &|shares| shares.share(|(_, of, _)| of == at));
    }
    for (at, chat) in CHATS.iter().enumerate() {
        line(chat.name, &|shares| shares.share(|(_, _, of)| of == at));
    }
    line("**all**", &|shares| shares.share(|_| true));
    Ok(out)
}

/// Place, form and chat of a scan, by number, and whether something was flagged.
struct Shares(Vec<((usize, usize, usize), bool)>);

impl Shares {
    /// Every text at every place in every form, each time in the next chat.
    fn of(texts: &[&str]) -> Self {
        let mut scans = Vec::new();
        let mut turn = 0;
        for (number, text) in texts.iter().enumerate() {
            for (place, (_, before)) in PLACES.iter().enumerate() {
                for (form, (_, write)) in FORMS.iter().enumerate() {
                    let kind = turn % CHATS.len();
                    turn += 1;
                    if let Some(chat) = CHATS.get(kind) {
                        scans.push(((place, form, kind), flagged(&buried(text, chat, number, *before, *write))));
                    }
                }
            }
        }
        Self(scans)
    }

    fn share(&self, take: impl Fn((usize, usize, usize)) -> bool) -> f32 {
        let taken: Vec<bool> = self.0.iter().filter(|(at, _)| take(*at)).map(|(_, found)| *found).collect();
        taken.iter().filter(|found| **found).count() as f32 / taken.len().max(1) as f32
    }
}
