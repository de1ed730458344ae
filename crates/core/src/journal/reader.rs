//! Who reads a call's answer: each from the beginning or from where it was, in its own format, at its own pace.

use super::Journal;
use crate::fault::{Fault, Path};
use crate::front::{AnswerEvent, Encoded, Encoder, Front};
use crate::problem::{Code, Problem};
use crate::reply::Format;

/// Where a client goes on: the id of the last event that it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resume {
    /// Of which generation of the call.
    pub generation: u32,
    /// How many events it has read.
    pub after: u64,
}

impl Resume {
    /// From the header `Last-Event-ID`, which only an event stream of our own wire has.
    ///
    /// # Errors
    /// [`Code::InvalidRequest`] where it is no id of ours.
    pub fn read(header: Option<&str>, front: Front) -> Result<Option<Resume>, Problem> {
        let Some(id) = header.map(str::trim).filter(|id| !id.is_empty() && numbers(front)) else { return Ok(None) };
        let (generation, after) = id.split_once('-').unwrap_or(("0", id));
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        match (generation.parse().ok(), number(after)) {
            (Some(generation), Some(after)) => Ok(Some(Resume { generation, after })),
            _ => {
                let message = "Last-Event-ID must be the `id` of an event of this answer: leave it out to begin anew.";
                let fault = Fault::new(&Path::root().name("Last-Event-ID"), "not_an_id", message);
                Err(Problem::with_errors(Code::InvalidRequest, vec![fault]))
            }
        }
    }
}

/// Whether the events of `front` have ids.
fn numbers(front: Front) -> bool {
    front == Front::Promptgate(Format::EventStream)
}

/// Batches of this many bytes are read at once (ours).
const STEP: usize = 64 << 10;

/// Reads one answer.
#[derive(Debug)]
pub struct Reader {
    encoder: Encoder,
    /// Batches that were read.
    pub(super) position: usize,
    ended: bool,
}

/// What a reader does next.
#[derive(Debug)]
pub enum Step {
    /// These bytes are for its client; then the next step.
    Write(Encoded),
    /// Nothing until something is stored.
    Wait,
    /// The answer has ended.
    End,
}

impl Reader {
    /// Reads for `front`, from where `resume` says.
    ///
    /// # Errors
    /// [`Code::PreconditionFailed`] where the answer that the client has begun to read is not the one that there is.
    pub fn new(journal: &Journal, front: Front, resume: Option<Resume>) -> Result<Reader, Problem> {
        let resume = resume.unwrap_or(Resume { generation: journal.generation, after: 0 });
        if resume.generation != journal.generation {
            let detail = "The gateway has asked for this answer anew since: read it from the beginning, without \
                          Last-Event-ID.";
            return Err(Problem::new(Code::PreconditionFailed, detail));
        }
        let mut encoder = Encoder::new(front, journal.about());
        if numbers(front) {
            encoder.number(resume.generation, resume.after);
        }
        Ok(Reader { encoder, position: 0, ended: false })
    }

    /// What to do next: about [`STEP`] bytes of batches at once, so that a client that is slow costs no more memory.
    pub fn next(&mut self, journal: &Journal) -> Step {
        let (mut events, mut size) = (Vec::new(), 0);
        while let Some(batch) = journal.batches.get(self.position).filter(|_| size < STEP) {
            self.position += 1;
            size += batch.len();
            // It is what was written here.
            events.append(&mut serde_json::from_str::<Vec<AnswerEvent>>(batch).unwrap_or_default());
        }
        if size > 0 {
            return Step::Write(self.encoder.encode(events));
        }
        if self.ended || !journal.has_ended() {
            return if self.ended { Step::End } else { Step::Wait };
        }
        self.ended = true;
        match &journal.end {
            Some(events) => Step::Write(self.encoder.encode(events.clone())),
            None => Step::End,
        }
    }
}
