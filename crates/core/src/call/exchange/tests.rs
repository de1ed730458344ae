use super::*;
use crate::sensitive::Sensitive;

/// The deadline of the request, since its beginning.
const DEADLINE: Duration = Duration::from_secs(5);

fn answer(status: u16, headers: &[(&str, &str)]) -> Input {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Input::Answer(Answer { head: Head { status, headers }, body: Bytes::default() })
}

/// Runs the inputs, one for each request that is sent; gives the end and the number of requests.
fn run(repeatable: bool, inputs: &[Input]) -> (Result<u16, Code>, u32) {
    run_ask(UpstreamRequest { repeatable, ..UpstreamRequest::get("/x".into(), "a:scope") }, inputs)
}

fn run_ask(ask: UpstreamRequest, inputs: &[Input]) -> (Result<u16, Code>, u32) {
    let mut exchange = Exchange::new(ask, "https://api.example".into(), 1_000, 1_000 + DEADLINE.as_millis() as u64, 7);
    let mut health = Health::default();
    let mut inputs = inputs.iter().cloned();
    let mut now = Duration::ZERO;
    loop {
        match exchange.poll() {
            Output::Authorize { rejected } => {
                let grant = rejected.map_or(1, |grant| grant + 1);
                let token = AccessToken { token: Sensitive::new("t"), grant };
                exchange.handle(now, Input::Token(Ok(token)), &mut health);
            }
            Output::Send(_) => {
                // The client's leaving comes before the answer.
                for input in inputs.by_ref() {
                    let left = input == Input::Left;
                    exchange.handle(now, input, &mut health);
                    if !left {
                        break;
                    }
                }
            }
            Output::Wait(until) => {
                now = until;
                exchange.handle(now, Input::Tick, &mut health);
            }
            Output::Done(result) => {
                assert!(now <= DEADLINE, "{now:?}");
                return (result.map(|answer| answer.head.status).map_err(|problem| problem.code), exchange.attempts());
            }
        }
    }
}

#[test]
fn scripts() {
    let soon = [("retry-after", "1")];
    let late = [("retry-after", "3600")];
    for (repeatable, inputs, expected) in [
        (true, vec![answer(200, &[])], (Ok(200), 1)),
        (true, vec![answer(404, &[])], (Ok(404), 1)),
        (false, vec![answer(409, &[])], (Ok(409), 1)),
        (true, vec![answer(412, &[])], (Ok(412), 1)),
        (true, vec![answer(400, &[])], (Err(Code::UpstreamRejected), 1)),
        (true, vec![answer(401, &[]), answer(200, &[])], (Ok(200), 2)),
        (true, vec![answer(401, &[]), answer(401, &[])], (Err(Code::UpstreamUnauthorized), 2)),
        (true, vec![answer(403, &[])], (Err(Code::UpstreamForbidden), 1)),
        (true, vec![answer(500, &[])], (Err(Code::UpstreamError), 1)),
        (true, vec![answer(302, &[])], (Err(Code::UpstreamMalformed), 1)),
        (true, vec![Input::Failed, answer(200, &[])], (Ok(200), 2)),
        (true, vec![Input::Failed, Input::Failed, Input::Failed], (Err(Code::UpstreamUnavailable), 3)),
        (true, vec![answer(502, &[]), answer(201, &[])], (Ok(201), 2)),
        (true, vec![answer(503, &[])], (Err(Code::UpstreamUnavailable), 1)),
        (true, vec![answer(503, &soon), answer(200, &[])], (Ok(200), 2)),
        (true, vec![answer(429, &late)], (Err(Code::UpstreamRateLimited), 1)),
        // What must not be executed twice is repeated only where it was refused before.
        (false, vec![Input::Failed], (Err(Code::UpstreamError), 1)),
        (false, vec![answer(504, &[])], (Err(Code::UpstreamError), 1)),
        (false, vec![answer(429, &soon), answer(201, &[])], (Ok(201), 2)),
        (false, vec![answer(503, &soon), answer(201, &[])], (Ok(201), 2)),
        // Nothing comes.
        (true, vec![], (Err(Code::TotalDeadline), 1)),
    ] {
        assert_eq!(run(repeatable, &inputs), expected, "{repeatable} {inputs:?}");
    }
}

#[test]
fn nothing_is_sent_for_a_client_that_has_left() {
    let reads = UpstreamRequest::get("/x".into(), "a:scope");
    let changes = UpstreamRequest { reads: false, ..reads.clone() };
    let soon = [("retry-after", "1")];
    for (ask, inputs, expected) in [
        (&reads, vec![Input::Left], (Err(Code::ClientLeft), 1)),
        // A change that was sent is waited for, and its outcome is the truth; it is not repeated.
        (&changes, vec![Input::Left, answer(200, &[])], (Ok(200), 1)),
        (&changes, vec![Input::Left, answer(503, &soon)], (Err(Code::UpstreamUnavailable), 1)),
        (&changes, vec![Input::Left, Input::Failed], (Err(Code::UpstreamUnavailable), 1)),
        (&changes, vec![Input::Left], (Err(Code::TotalDeadline), 1)),
    ] {
        assert_eq!(run_ask(ask.clone(), &inputs), expected, "{} {inputs:?}", ask.reads);
    }
}

#[test]
fn the_deadline_is_that_of_the_request() {
    for (deadline_ms, limit_ms) in [(6_000, 5_000), (61_000, 15_000), (1_000, 0), (0, 0)] {
        let ask = UpstreamRequest::get("/x".into(), "a:scope");
        let mut exchange = Exchange::new(ask, "https://api.example".into(), 1_000, deadline_ms, 7);
        assert_eq!(exchange.limit(), Duration::from_millis(limit_ms));
        // without a token in time it ends too, and sends nothing
        let mut health = Health::default();
        exchange.handle(exchange.limit(), Input::Tick, &mut health);
        let Output::Done(Err(problem)) = exchange.poll() else { panic!("goes on after its deadline") };
        assert_eq!((problem.code, exchange.attempts()), (Code::TotalDeadline, 0));
    }
}

#[test]
fn a_missing_scope_is_named() {
    let (verdict, _) = verdict(&Head { status: 403, headers: vec![] }, 0, Some("llm-gateway:prompt-template:manage"));
    let Verdict::Tell(problem) = verdict else { panic!("the problem is not reported: {verdict:?}") };
    assert!(problem.detail.contains("`llm-gateway:prompt-template:manage`"), "{}", problem.detail);
}
