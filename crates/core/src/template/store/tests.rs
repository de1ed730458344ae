//! The single writer against an upstream of one template: scripts, and many writers in random order.

use proptest::prelude::*;

use super::*;
use crate::http::Head;
use crate::json::Json;
use crate::sensitive::Bytes;

const ID: &str = "0198c0de-0000-4abc-8def-0123456789ab";

/// Upstream: one cached template, whose tag is its number of writes.
#[derive(Debug, Clone, Default)]
struct Upstream {
    document: Option<String>,
    writes: u64,
    /// Members that another writer sets before the next writes are looked at.
    others: Vec<(&'static str, &'static str)>,
    /// The next write is done, and its answer lost.
    loses_answer: bool,
    asked: Vec<&'static str>,
}

impl Upstream {
    fn tag(&self) -> String {
        format!("\"{}\"", self.writes)
    }

    fn answer(&mut self, ask: &UpstreamRequest) -> Result<Answer, Problem> {
        self.asked.push(ask.method);
        let head = |status, tag: Option<String>| Head {
            status,
            headers: tag.map(|tag| ("ETag".to_owned(), tag)).into_iter().collect(),
        };
        if ask.method == "PUT" {
            if let Some((name, value)) = self.others.pop() {
                let mut document: serde_json::Value = serde_json::from_str(self.document.as_deref().unwrap()).unwrap();
                document[name] = value.into();
                self.document = Some(document.to_string());
                self.writes += 1;
            }
            let (name, value) = &ask.headers[0];
            let fits = match (*name, value.as_str()) {
                ("if-none-match", _) => self.document.is_none(),
                (_, "*") => true,
                (_, tag) => self.document.is_some() && tag == self.tag(),
            };
            if !fits {
                let head = head(412, self.document.is_some().then(|| self.tag()));
                return Ok(Answer { head, body: Bytes::default() });
            }
            let created = self.document.is_none();
            self.document = Some(String::from_utf8(ask.body.0.clone()).unwrap());
            self.writes += 1;
            if std::mem::take(&mut self.loses_answer) {
                // What an exchange does then: it asks again, and gets that the tag is stale.
                return Ok(Answer { head: head(412, Some(self.tag())), body: Bytes::default() });
            }
            let body = Bytes(self.document.clone().unwrap().into_bytes());
            return Ok(Answer { head: head(if created { 201 } else { 200 }, Some(self.tag())), body });
        }
        match &self.document {
            Some(document) => {
                Ok(Answer { head: head(200, Some(self.tag())), body: Bytes(document.clone().into_bytes()) })
            }
            None => Ok(Answer { head: head(404, None), body: Bytes::default() }),
        }
    }
}

fn document(name: &str, description: &str) -> Json {
    let text = serde_json::json!({ "name": name, "description": description, "content": "Hello" }).to_string();
    json::parse(text.as_bytes()).unwrap()
}

fn run(upstream: &mut Upstream, kept: &mut Option<UpstreamTemplate>, verb: Verb) -> Ended {
    let command =
        Command { family: Family::Cached, id: ID.into(), request_id: "r".into(), deadline_ms: u64::MAX, verb };
    let validator = TemplateValidator::default();
    let (mut work, mut step) = Work::begin(command, kept.clone(), 1_000);
    for _ in 0..20 {
        match step {
            Step::Send(ask) => (work, step) = work.answer(upstream.answer(&ask), &validator, 1_000),
            Step::Done(ended) => {
                *kept = ended.keep.clone();
                return *ended;
            }
        }
    }
    panic!("it does not end");
}

fn write(
    upstream: &mut Upstream,
    kept: &mut Option<UpstreamTemplate>,
    precondition: Precondition,
    document: Json,
) -> Ended {
    run(upstream, kept, Verb::Write { precondition, document: document.to_text() })
}

fn tag(tag: &str) -> Precondition {
    Precondition::OneOf(vec![tag.to_owned()])
}

#[test]
fn first_write_then_the_next() {
    let (mut upstream, mut kept) = (Upstream::default(), None);
    let first = write(&mut upstream, &mut kept, Precondition::Missing, document("a", ""));
    assert!(first.created && first.result.as_ref().unwrap().etag == "\"1\"");
    assert_eq!(upstream.asked, ["GET", "PUT"], "looked, and wrote");
    let second = write(&mut upstream, &mut kept, tag("\"1\""), document("b", ""));
    assert!(!second.created && second.result.unwrap().etag == "\"2\"");
    assert_eq!(upstream.asked, ["GET", "PUT", "PUT"], "what is kept is known to be the newest");
}

#[test]
fn preconditions() {
    for (precondition, expected) in [
        (Precondition::Missing, Code::PreconditionRequired),
        (Precondition::Nothing, Code::PreconditionFailed),
        (tag("\"0\""), Code::PreconditionFailed),
        (Precondition::OneOf(vec![]), Code::PreconditionFailed),
    ] {
        // Whether the object has a copy or not.
        for known in [false, true] {
            let mut upstream = Upstream { document: Some("{}".into()), writes: 1, ..Upstream::default() };
            let mut kept =
                known.then(|| UpstreamTemplate { etag: "\"1\"".into(), document: "{}".into(), fetched_ms: 0 });
            let problem = write(&mut upstream, &mut kept, precondition.clone(), document("a", "")).result.unwrap_err();
            assert_eq!((problem.code, problem.etag.as_deref()), (expected, Some("\"1\"")), "{precondition:?} {known}");
            assert_eq!(upstream.writes, 1);
        }
    }
    let problem = write(&mut Upstream::default(), &mut None, tag("\"1\""), document("a", "")).result.unwrap_err();
    assert_eq!((problem.code, problem.etag), (Code::PreconditionFailed, None), "there is nothing");
}

#[test]
fn a_copy_that_is_old_costs_a_look() {
    let mut upstream = Upstream { document: Some(document("theirs", "").to_text()), writes: 7, ..Upstream::default() };
    let mut kept = Some(UpstreamTemplate { etag: "\"3\"".into(), document: "{}".into(), fetched_ms: 0 });
    // A client that has seen the newest elsewhere writes on top of it.
    let ended = write(&mut upstream, &mut kept, tag("\"7\""), document("ours", ""));
    assert_eq!((ended.result.unwrap().etag.as_str(), upstream.asked.as_slice()), ("\"8\"", ["GET", "PUT"].as_slice()));
    // One that has seen what the copy says is too late: both changed the name.
    let mut upstream = Upstream { document: Some(document("theirs", "").to_text()), writes: 7, ..Upstream::default() };
    let mut kept =
        Some(UpstreamTemplate { etag: "\"3\"".into(), document: document("base", "").to_text(), fetched_ms: 0 });
    let problem = write(&mut upstream, &mut kept, tag("\"3\""), document("ours", "")).result.unwrap_err();
    assert_eq!((problem.code, problem.etag.as_deref()), (Code::PreconditionFailed, Some("\"7\"")));
    assert_eq!((problem.errors[0].path.as_str(), problem.errors[0].code), ("$.name", "merge_conflict"));
}

#[test]
fn disjoint_changes_are_merged_three_times_at_most() {
    for (others, passes) in [(1, true), (3, true), (4, false)] {
        let (mut upstream, mut kept) = (Upstream::default(), None);
        write(&mut upstream, &mut kept, Precondition::Nothing, document("base", ""));
        let texts = ["one", "two", "three", "four"];
        upstream.others = texts.iter().take(others).map(|text| ("description", *text)).collect();
        let ended = write(&mut upstream, &mut kept, tag("\"1\""), document("ours", ""));
        assert_eq!(ended.result.is_ok(), passes, "{others}");
        if let Ok(stored) = ended.result {
            assert!(ended.merged);
            assert_eq!(ended.sent_bytes, Some(stored.document.len()), "what was merged is what was sent");
            let now = json::parse(stored.document.as_bytes()).unwrap();
            assert_eq!(now.member("name").and_then(Json::text), Some("ours"));
            assert_eq!(now.member("description").and_then(Json::text), Some("one"), "the last of theirs");
        }
    }
}

#[test]
fn a_write_whose_answer_is_lost_is_not_written_twice() {
    let (mut upstream, mut kept) = (Upstream::default(), None);
    write(&mut upstream, &mut kept, Precondition::Nothing, document("base", ""));
    upstream.loses_answer = true;
    let ended = write(&mut upstream, &mut kept, tag("\"1\""), document("ours", ""));
    assert_eq!((ended.result.unwrap().etag.as_str(), upstream.writes, ended.merged), ("\"2\"", 2, false));
}

#[test]
fn two_changes_that_are_wrong_together_are_refused() {
    let (mut upstream, mut kept) = (Upstream::default(), None);
    write(&mut upstream, &mut kept, Precondition::Nothing, document("base", ""));
    upstream.others = vec![("content", "Hello ${")];
    let problem = write(&mut upstream, &mut kept, tag("\"1\""), document("ours", "")).result.unwrap_err();
    assert_eq!((problem.code, problem.errors[0].code), (Code::PreconditionFailed, "T001"));
}

#[test]
fn reads() {
    let mut upstream = Upstream { document: Some("{}".into()), writes: 1, ..Upstream::default() };
    let mut kept = None;
    assert!(run(&mut upstream, &mut kept, Verb::Read { max_age_s: 300 }).result.is_ok());
    assert!(run(&mut upstream, &mut kept, Verb::Read { max_age_s: 300 }).result.is_ok());
    assert_eq!(upstream.asked, ["GET"], "the second is answered by the copy");
    assert!(run(&mut upstream, &mut kept, Verb::Read { max_age_s: 0 }).result.is_ok());
    assert_eq!(upstream.asked.len(), 2);
    run(&mut upstream, &mut kept, Verb::Invalidate).result.unwrap();
    assert_eq!(kept, None);
    upstream.document = None;
    assert_eq!(run(&mut upstream, &mut kept, Verb::Read { max_age_s: 9 }).result.unwrap_err().code, Code::NotFound);
    // Upstream is away: an old copy is better than none, but not where upstream reports that it broke the contract.
    let stored = UpstreamTemplate { etag: "\"1\"".into(), document: "{}".into(), fetched_ms: 0 };
    for (code, served) in [(Code::UpstreamUnavailable, true), (Code::UpstreamMalformed, false)] {
        let (read, _) = Read::begin(Family::Cached, ID, Some(stored.clone()), 0, 9_000_000);
        let Step::Done(ended) = read.answer(Err(Problem::new(code, "x")), 9_000_000) else { panic!("goes on") };
        assert_eq!((ended.result.is_ok(), ended.keep), (served, Some(stored.clone())), "{code:?}");
    }
}

#[test]
fn answers_that_break_the_contract() {
    for (status, headers, body) in [
        (200, vec![], "{}"),
        (200, vec![("ETag", "W/\"1\"")], "{}"),
        (200, vec![("ETag", "\"1\"")], "<html>"),
        (200, vec![("ETag", "\"1\"")], "[]"),
        (409, vec![("ETag", "\"1\"")], "{}"),
    ] {
        let headers = headers.iter().map(|(name, value): &(&str, &str)| ((*name).into(), (*value).into())).collect();
        let answer = Answer { head: Head { status, headers }, body: Bytes(body.into()) };
        let (read, _) = Read::begin(Family::Cached, ID, None, 0, 0);
        let Step::Done(ended) = read.answer(Ok(answer), 0) else { panic!("goes on") };
        assert_eq!(ended.result.unwrap_err().code, Code::UpstreamMalformed, "{status} {body}");
    }
}

proptest! {
    /// Writers who each know one of the tags that were ever given: one success for each tag, and what is at the
    /// end is what the last success wrote.
    // Rows A4, row 34, row 35.
    #[test]
    fn no_update_is_lost(turns in proptest::collection::vec((0_usize..8, any::<bool>(), any::<bool>()), 1..40)) {
        let (mut upstream, mut kept) = (Upstream::default(), None);
        let mut tags = vec![];
        let first = write(&mut upstream, &mut kept, Precondition::Nothing, document("base", ""));
        tags.push(first.result.unwrap().etag);
        let mut used = std::collections::BTreeSet::new();
        let mut last = "base".to_owned();
        for (turn, (which, forget, lose)) in turns.into_iter().enumerate() {
            if forget {
                kept = None;
            }
            upstream.loses_answer = lose;
            let known = tags[which.min(tags.len() - 1)].clone();
            let name = format!("turn {turn}");
            let before = upstream.writes;
            let ended = write(&mut upstream, &mut kept, tag(&known), document(&name, ""));
            upstream.loses_answer = false;
            match ended.result {
                Ok(stored) => {
                    prop_assert!(used.insert(known), "one success for each tag");
                    prop_assert_eq!(upstream.writes, before + 1);
                    tags.push(stored.etag);
                    last = name;
                }
                Err(problem) => {
                    prop_assert_eq!(problem.code, Code::PreconditionFailed);
                    prop_assert_eq!(upstream.writes, before);
                    prop_assert_eq!(problem.etag, Some(upstream.tag()));
                }
            }
        }
        let now = json::parse(upstream.document.unwrap().as_bytes()).unwrap();
        prop_assert_eq!(now.member("name").and_then(Json::text), Some(last.as_str()));
    }
}
