//! While the answer comes.

use std::time::Duration;

use super::{Call, State};
use crate::call::answer::{Event, MAX_ANSWER};
use crate::call::{Health, Output};
use crate::chat::event::ChatEvent;
use crate::problem::{Code, Problem};
use crate::reply::Status;

impl Call {
    /// Looks at some of what has come.
    pub(super) fn look(&mut self, now: Duration, health: &mut Health) {
        let State::Answering { answer, .. } = &mut self.state else { return };
        let events = answer.step();
        self.came = self.came.saturating_add(answer.came());
        let (ended, empty) = (answer.has_ended(), answer.is_empty());
        if !self.events(now, events, health) && ended {
            self.end(now, empty, health);
        }
    }

    /// The body has ended, or broke off, which the platform does not distinguish.
    fn end(&mut self, now: Duration, empty: bool, health: &mut Health) {
        if self.first_content.is_none() && empty {
            return self.lost(now, health);
        }
        self.failed(now, health);
        let (status, code, detail) = if self.first_content.is_none() && self.malformed > 0 {
            (
                Status::Error,
                Code::UpstreamMalformed,
                "Nothing in the upstream's answer can be read: it is not of its wire, or broken.",
            )
        } else {
            let detail = "The upstream's answer ended without its terminator: what came may not be the whole answer.";
            (Status::Truncated, Code::UpstreamTruncated, detail)
        };
        if !self.next(now, code) {
            self.fail(now, status, Problem::new(code, detail));
        }
    }

    /// Handles what was read from the body; gives whether that ended the call, or its asking this target.
    fn events(&mut self, now: Duration, events: Vec<Event>, health: &mut Health) -> bool {
        let mut out = Vec::new();
        for event in events {
            let problem = match event {
                Event::Content => {
                    if self.first_content.is_none() {
                        self.first_content = Some(now);
                        self.probing = false;
                        health.content(self.model());
                    }
                    continue;
                }
                Event::Chat(ChatEvent::Malformed) => {
                    self.malformed = self.malformed.saturating_add(1);
                    continue;
                }
                Event::Chat(ChatEvent::End) => {
                    self.succeeded(health);
                    let report = self.report(now, Status::Success, None);
                    self.done(out, report, self.usage);
                    self.finish(now, Status::Success, None);
                    return true;
                }
                Event::Chat(ChatEvent::Error(status)) => {
                    let problem = reported(status);
                    match problem.code {
                        Code::UpstreamRateLimited => self.undecided(health),
                        _ => self.failed(now, health),
                    }
                    if self.first_content.is_none() {
                        self.outbox.push_back(Output::Abort);
                        if !self.next(now, problem.code) {
                            self.fail(now, Status::Error, problem);
                        }
                        return true;
                    }
                    problem
                }
                Event::Chat(event) => {
                    if let ChatEvent::Usage(usage, _) = &event {
                        self.usage = Some(*usage);
                    }
                    self.summary.hear(&event);
                    out.push(event);
                    continue;
                }
                Event::Refused => {
                    self.succeeded(health);
                    Problem::new(Code::AnswerRefused, "The policy refuses what comes next in the answer.")
                }
                Event::TooLong => {
                    self.undecided(health);
                    let detail = format!("The upstream's answer is longer than {MAX_ANSWER} bytes and was cut off.");
                    Problem::new(Code::AnswerTooLong, detail)
                }
            };
            self.pass(now, out);
            self.outbox.push_back(Output::Abort);
            self.fail(now, Status::Error, problem);
            return true;
        }
        self.pass(now, out);
        false
    }
}

/// What upstream reported within its answer, by the HTTP status that it named.
fn reported(status: Option<u16>) -> Problem {
    match status {
        Some(429) => Problem::new(Code::UpstreamRateLimited, "The upstream limits the rate of calls: try again later."),
        Some(502..=504) => Problem::new(Code::UpstreamUnavailable, "The upstream is unavailable, as its answer says."),
        _ => Problem::new(Code::UpstreamError, "The upstream reported an error within its answer."),
    }
}
