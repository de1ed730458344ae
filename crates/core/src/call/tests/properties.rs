//! What holds for every script and every cut.

use super::*;

/// Every script of up to three inputs, from every state, in every order: each must end, never panic, and
/// keep the invariants.
// Rows R1, R2, R7, R8.
#[test]
fn all_short_scripts() {
    let inputs = [
        Token,
        NoToken,
        OK,
        Head(200, &[("content-type", "text/html")]),
        Head(302, &[]),
        Head(400, &[]),
        Head(401, &[]),
        Head(403, &[]),
        Head(429, &[("retry-after", "1")]),
        Head(500, &[]),
        Head(503, &[]),
        Chunk(CONTENT),
        Chunk(TERMINAL),
        Chunk("junk\n"),
        Chunk("{\"code\":\"token.limit.exceeded\"}"),
        Chunk("{\"error\":1}\n"),
        End,
        Failed,
        Wait,
        Cancel,
    ];
    let beginnings: [&[Event]; 5] =
        [&[], &[Token], &[Token, OK], &[Token, OK, Chunk(CONTENT)], &[Token, Head(400, &[])]];
    let mut scripts = 0;
    for beginning in beginnings {
        for a in &inputs {
            for b in &inputs {
                for c in &inputs {
                    for fallback in [true, false] {
                        let mut run = Run::new(Format::EventStream, fallback).play(beginning);
                        for event in [a, b, c] {
                            run.step(event);
                        }
                        // Left alone, time alone ends it.
                        for _ in 0..20 {
                            if run.outcome.is_some() {
                                break;
                            }
                            run.step(&Wait);
                        }
                        run.check();
                        scripts += 1;
                    }
                }
            }
        }
    }
    assert_eq!(scripts, 5 * 20 * 20 * 20 * 2);
}

/// The body that the client sees when upstream's bytes come in these pieces.
fn answer(stream: &[u8], places: &[usize], format: Format) -> (String, Outcome) {
    let mut run = Run::new(format, true).play(&[Token, OK]);
    let mut from = 0;
    for place in places.iter().copied().chain([stream.len()]) {
        run.call.handle(run.now, Input::Chunk(Bytes(stream[from..place].to_vec())), &mut run.health);
        run.drain();
        from = place;
    }
    run.step(&End);
    (run.body, run.outcome.unwrap())
}

proptest::proptest! {
    #[test]
    fn cuts_change_nothing(
        frames in proptest::collection::vec(0usize..8, 0..30),
        places: Vec<proptest::sample::Index>,
        format in proptest::sample::select(vec![Format::EventStream, Format::NdJson, Format::Json]),
    ) {
        let kinds = ["{\"content\":\"né😀\"}\n", "{\"content\":\"a\"}\r\n", "\n", "\r\n", "junk\n", "{}\n", TERMINAL, "{\"error\":1}\n"];
        let text: String = std::iter::once("\u{feff}").chain(frames.iter().map(|kind| kinds[*kind])).collect();
        let stream = text.as_bytes();
        let mut places: Vec<usize> = places.iter().map(|place| place.index(stream.len() + 1)).collect();
        places.sort_unstable();
        let whole = answer(stream, &[], format);
        assert_eq!(answer(stream, &places, format), whole);
        assert_eq!(answer(stream, &(0..=stream.len()).collect::<Vec<_>>(), format), whole);
    }
}
