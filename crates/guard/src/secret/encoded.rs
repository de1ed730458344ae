//! Long runs of Base64 characters: what they say, and tokens that are made of them.

use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{self, Hit, Place};
use crate::view::base64;
use std::ops::Range;

pub(super) const DISCORD: Rule = Rule {
    code: "K010",
    name: "discord-bot-token",
    kind: Kind::Token,
    summary: "24 to 26 characters that encode an account's number, a point, six characters, a \
              point and 27 to 38 more (discord.com/developers/docs/reference, \
              \"Authentication\").",
    caught: &["MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"],
    passed: &[
        "MZ1yGvKTjE0rY0cV8i47CjAa.uHQPq.Xb1Mk2nEhe-4iUcrGOuegj57zMC",
        "PZ1yGvKTjE0rY0cV8i47CjAa.uRHQPq.Xb1Mk2nEhe-4iUcrGOuegj57zMC",
    ],
};

pub(super) const AZURE: Rule = Rule {
    code: "K014",
    name: "azure-devops-token",
    kind: Kind::Token,
    summary: "84 letters and digits, `AZDO` or `JQQJ99` at their place among them: personal access tokens of \
              Azure DevOps and identifiable keys of Azure (learn.microsoft.com/azure/devops, \"Use personal access \
              tokens\"; github.com/microsoft/security-utilities).",
    caught: &["q7Wk2Zr9Xb4Nc6Vm8Lp3Hd5Jf1Gs0TaYuEiRoPq7Wk2Zr9Xb4Nc6Vm8Lp3Hd5Jf1Gs0TaYuEiRoPAZDO1a2B"],
    passed: &["AZDO1a2B"],
};

fn azure(place: &Place<'_, '_>, run: &Range<usize>) -> Option<Hit> {
    let marked = |at: usize, mark: &[u8]| place.text.slice(run.start + at..run.start + at + mark.len()) == mark;
    let form = run.len() == 84 && (marked(76, b"AZDO") || marked(52, b"JQQJ99"));
    form.then(|| Hit::new(&AZURE, run.clone(), 0.95))
}

/// The shortest run that wakes this.
pub(crate) const SHORTEST: usize = base64::SHORTEST;
/// Of a longer run, so much is read at once (four characters are three bytes, at each of three levels),
pub(crate) const LONGEST: usize = 192;
/// and decided upon in pieces of so much, so that a stream holds back little.
pub(crate) const STEP: usize = 64;

/// What a run of Base64 characters is or says: one that ends here, or (`goes_on`) the first [`LONGEST`]
/// characters of one that does not, of which what starts in the first [`STEP`] counts.
pub(crate) fn run(place: &Place<'_, '_>, run: Range<usize>, goes_on: bool) -> Vec<Hit> {
    // What is left of a run beside a finding says nothing.
    if place.text.opens_tag(run.end) {
        return Vec::new();
    }
    if !goes_on && let Some(hit) = discord(place, &run).or_else(|| azure(place, &run)) {
        return vec![hit];
    }
    let Some((text, outer)) = base64::decode_run(place.text.slice(run.clone())) else {
        return Vec::new();
    };
    let mut hits = Vec::new();
    scan::scan(&text, place.thresholds(), &mut hits);
    // Where in the run a byte of the text stands; what is encoded again, anywhere.
    let place = |at: usize, nested: usize| if at < outer { at * run.len() / outer.max(1) } else { nested };
    hits.retain(|hit| !goes_on || place(hit.span.start, 0) < STEP + SLACK);
    for hit in &mut hits {
        let last = place(hit.span.end.saturating_sub(1), run.len() - 1);
        let end = if goes_on { run.start + (last / STEP + 1) * STEP } else { run.end };
        hit.span = run.start..end.min(run.end);
        hit.encoded = true;
    }
    hits
}

/// Folding moves a byte by no more.
const SLACK: usize = 16;

fn discord(place: &Place<'_, '_>, run: &Range<usize>) -> Option<Hit> {
    let text = place.text;
    if !(24..=26).contains(&run.len()) || !matches!(text.at(run.start), b'M' | b'N' | b'O') || text.at(run.end) != b'.'
    {
        return None;
    }
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let middle = text.run_to_armour(run.end + 1, 7, word);
    if middle - run.end - 1 != 6 || text.at(middle) != b'.' {
        return None;
    }
    let end = text.run_to_armour(middle + 1, 39, word);
    let length = end - middle - 1;
    ((27..=38).contains(&length) && !text.opens_tag(end)).then(|| Hit::new(&DISCORD, run.start..end, 0.95))
}
