//! Scripts, each with how it must end.

use super::*;

/// Script, fallback configured, HTTP status, outcome, code, requests sent.
type Row = (&'static [Event], bool, Option<u16>, Status, Option<Code>, usize);

// Rows B5, R2, R4, R7.
#[test]
fn scenarios() {
    use Status::*;
    const RETRY_2S: Event = Head(503, &[("Retry-After", "2")]);
    let table: &[Row] = &[
        // all is well
        (&[Token, OK, Chunk(CONTENT), Chunk(TERMINAL)], true, Some(200), Success, None, 1),
        (&[Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 1),
        (&[Token, OK, Chunk("{\"usage\":{}}"), End], true, Some(200), Success, None, 1),
        (&[Token, Head(200, &[]), Chunk("junk\n"), Chunk(CONTENT), Chunk(TERMINAL)], true, Some(200), Success, None, 1),
        // no token
        (&[NoToken], true, Some(503), Error, Some(Code::TokenUnavailable), 0),
        (&[Wait], true, Some(503), Error, Some(Code::TokenUnavailable), 0),
        // 1, 2, 4: not reached, reset before headers
        (&[Token, Failed, Wait, Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        (
            &[Token, Failed, Wait, Token, Failed, Wait, Token, Failed],
            true,
            Some(200),
            Fallback,
            Some(Code::UpstreamUnavailable),
            3,
        ),
        (
            &[Token, Failed, Wait, Token, Failed, Wait, Token, Failed],
            false,
            Some(503),
            Error,
            Some(Code::UpstreamUnavailable),
            3,
        ),
        (&[Token, OK, End, Wait, Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        // 3: never answers
        (&[Token, Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        (&[Token, Wait], false, Some(504), Error, Some(Code::FirstContentDeadline), 1),
        (&[Token, OK, Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        (&[Token, OK, Chunk("\n{}\n"), Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        (&[Token, Head(400, &[]), Wait], true, Some(200), Fallback, Some(Code::FirstContentDeadline), 1),
        // 5, 6: the end comes too early
        (&[Token, OK, Chunk(CONTENT), Failed], true, Some(200), Truncated, Some(Code::UpstreamTruncated), 1),
        (&[Token, OK, Chunk(CONTENT), End], true, Some(200), Truncated, Some(Code::UpstreamTruncated), 1),
        (&[Token, OK, Chunk("{}\n"), End], true, Some(502), Truncated, Some(Code::UpstreamTruncated), 1),
        // 7: silence after content
        (&[Token, OK, Chunk(CONTENT), Wait], true, Some(200), Error, Some(Code::IdleDeadline), 1),
        // 10: nothing but junk
        (&[Token, OK, Chunk("junk\n"), End], true, Some(502), Error, Some(Code::UpstreamMalformed), 1),
        // 13, 14
        (
            &[Token, Head(200, &[("content-type", "text/html")])],
            true,
            Some(502),
            Error,
            Some(Code::UpstreamMalformed),
            1,
        ),
        (
            &[Token, Head(307, &[("location", "https://evil")])],
            true,
            Some(502),
            Error,
            Some(Code::UpstreamMalformed),
            1,
        ),
        (&[Token, Head(204, &[])], true, Some(502), Error, Some(Code::UpstreamMalformed), 1),
        (&[Token, Head(0, &[])], true, Some(502), Error, Some(Code::UpstreamMalformed), 1),
        // 15, 16: rate limits
        (
            &[Token, Head(429, &[("retry-after", "1")]), Wait, Token, OK, Chunk(TERMINAL)],
            true,
            Some(200),
            Success,
            None,
            2,
        ),
        (
            &[Token, Head(429, &[("retry-after", "soon")]), Wait, Token, OK, Chunk(TERMINAL)],
            true,
            Some(200),
            Success,
            None,
            2,
        ),
        (&[Token, Head(429, &[("retry-after", "21600")])], true, Some(429), Error, Some(Code::UpstreamRateLimited), 1),
        (
            &[Token, Head(429, &[("retry-after", "99999999999999999999")])],
            true,
            Some(429),
            Error,
            Some(Code::UpstreamRateLimited),
            1,
        ),
        // 17: 5xx
        (&[Token, Head(500, &[])], true, Some(502), Error, Some(Code::UpstreamError), 1),
        (&[Token, Head(501, &[("retry-after", "1")])], true, Some(502), Error, Some(Code::UpstreamError), 1),
        (
            &[Token, Head(502, &[]), Wait, Token, Head(504, &[]), Wait, Token, OK, Chunk(TERMINAL)],
            true,
            Some(200),
            Success,
            None,
            3,
        ),
        (&[Token, Head(503, &[])], true, Some(200), Fallback, Some(Code::UpstreamUnavailable), 1),
        (&[Token, RETRY_2S, Wait, Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        // A model that is away for longer than the call may take is away: the fallback, and none without one.
        (&[Token, Head(502, &[("retry-after", "30")])], true, Some(200), Fallback, Some(Code::UpstreamUnavailable), 1),
        (&[Token, Head(503, &[("retry-after", "30")])], true, Some(200), Fallback, Some(Code::UpstreamUnavailable), 1),
        (&[Token, Head(504, &[("retry-after", "30")])], true, Some(200), Fallback, Some(Code::UpstreamUnavailable), 1),
        (&[Token, Head(503, &[("retry-after", "30")])], false, Some(503), Error, Some(Code::UpstreamUnavailable), 1),
        // 20: the token dies; one replay
        (&[Token, Head(401, &[]), Token, OK, Chunk(TERMINAL)], true, Some(200), Success, None, 2),
        (&[Token, Head(401, &[]), Token, Head(401, &[])], true, Some(502), Error, Some(Code::UpstreamUnauthorized), 2),
        (&[Token, Head(401, &[]), NoToken], true, Some(503), Error, Some(Code::TokenUnavailable), 1),
        // 23, 24: the client leaves
        (&[Cancel], true, None, Cancelled, None, 0),
        (&[Token, Cancel], true, None, Cancelled, None, 1),
        (&[Token, Failed, Cancel], true, None, Cancelled, None, 1),
        (&[Token, OK, Chunk(LONG), Cancel], true, Some(200), Cancelled, None, 1),
        // 40: an error within a 200
        (&[Token, OK, Chunk(CONTENT), Chunk("{\"error\":{}}\n")], true, Some(200), Error, Some(Code::UpstreamError), 1),
        (&[Token, OK, Chunk("{\"error\":{}}\n")], true, Some(502), Error, Some(Code::UpstreamError), 1),
        // B7: too long
        (
            &[
                Token,
                Head(400, &[]),
                Chunk("{\"code\":\"token.limit."),
                Chunk("exceeded\"}"),
                End,
                Token,
                OK,
                Chunk(TERMINAL),
            ],
            true,
            Some(200),
            Success,
            None,
            2,
        ),
        (
            &[
                Token,
                Head(400, &[]),
                Chunk("{\"code\":\"token.limit.exceeded\"}"),
                End,
                Token,
                Head(400, &[]),
                Chunk("{\"code\":\"token.limit.exceeded\"}"),
                End,
            ],
            true,
            Some(422),
            Error,
            Some(Code::ContextTooLong),
            2,
        ),
        (
            &[Token, Head(400, &[]), Chunk("{\"code\":\"bad.request\"}"), End],
            true,
            Some(400),
            Error,
            Some(Code::UpstreamRejected),
            1,
        ),
        // refusals that are never repeated
        (&[Token, Head(403, &[("retry-after", "1")])], true, Some(403), Error, Some(Code::UpstreamForbidden), 1),
        (&[Token, Head(404, &[])], true, Some(404), Error, Some(Code::ModelNotFound), 1),
        (&[Token, Head(409, &[])], true, Some(400), Error, Some(Code::UpstreamRejected), 1),
        (&[Token, Head(413, &[])], true, Some(413), Error, Some(Code::BodyTooLarge), 1),
        (&[Token, Head(422, &[])], true, Some(422), Error, Some(Code::UpstreamUnprocessable), 1),
    ];
    for (script, fallback, status, outcome, code, sent) in table {
        let run = Run::new(Format::EventStream, *fallback).play(script);
        run.check();
        let found = run.outcome.as_ref().unwrap();
        assert_eq!(
            (run.status, found.status, found.code, run.sent.len()),
            (*status, *outcome, *code, *sent),
            "{script:?}: {}",
            run.body
        );
        assert!(!run.in_flight || found.status == Success, "left running: {script:?}");
    }
}
