//! What comes together goes out together.

use super::*;

/// When, in ms, these frames, one every 5 ms, let the call write.
fn written<'a>(frames: impl IntoIterator<Item = &'a str>) -> (Vec<u64>, Run) {
    let mut run = run(&body(true), targets());
    run.call = run.call.gathering(TOGETHER);
    let mut run = run.play(&[Token, EVENTS]);
    let (mut written, mut length) = (Vec::new(), 0);
    for (number, frame) in frames.into_iter().enumerate() {
        let next = Duration::from_millis(1_000 + number as u64 * 5);
        while run.waits.is_some_and(|until| until <= next) {
            assert!(run.now < run.waits.unwrap(), "a timer for nothing");
            run.step(&Wait);
            assert!(run.body.len() > length, "a timer for nothing at {:?}", run.now);
            written.push(run.now.as_millis() as u64);
            length = run.body.len();
        }
        run.now = next;
        run.bytes(frame);
        if run.body.len() > length {
            written.push(run.now.as_millis() as u64);
            length = run.body.len();
        }
    }
    (written, run)
}

// What the guard holds back is nothing to be given, though each of its frames says which answer it is of.
#[test]
fn what_only_describes_an_answer_waits_for_what_comes_of_it() {
    let begins = "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"One two three. \"}}]}\n\n";
    let about = "data: {\"id\":\"c1\",\"choices\":[]}\n\n";
    let (writes, run) = written([begins; 20].into_iter().chain([about; 100]));
    assert!(*writes.last().unwrap() <= 1_130, "{writes:?}");
    assert!(run.waits.unwrap() > Duration::from_secs(10), "no timer runs: {:?}", run.waits);
}

#[test]
fn what_comes_together_is_one_chunk() {
    let text =
        "The parcel left our house on Monday, and it will be with you on Thursday or on Friday morning, we think. ";
    let frame =
        format!("data: {}\n\n", json!({ "id": "c1", "choices": [{ "index": 0, "delta": { "content": text } }] }));
    let (writes, mut run) = written([frame.as_str(); 200]);
    let chunks = data(&run).len();
    assert!(chunks <= writes.len() + 1 && writes.len() < 40, "{chunks} chunks in {} writes", writes.len());
    run.step(&Chunk(STOP));
    run.step(&Chunk(DONE));
    assert_eq!(assembled(&run)[0]["content"], text.repeat(200));
    // What a chunk says besides its text is its own.
    let odd = |n: u64| {
        let choice = json!({ "index": 0, "delta": { "content": text }, "logprobs": { "content": [n] } });
        format!("data: {}\n\n", json!({ "id": "c1", "choices": [choice] }))
    };
    let all: String = (0..20).map(odd).collect();
    let run = run_of(&all);
    let seen: Vec<Value> = data(&run).iter().map(|chunk| chunk["choices"][0]["logprobs"].clone()).collect();
    assert_eq!(seen.iter().filter(|seen| !seen.is_null()).count(), 20);
}

fn run_of(stream: &str) -> Run {
    let mut run = run(&body(true), targets()).play(&[Token, EVENTS]);
    run.bytes(stream);
    run.play(&[Chunk(STOP), Chunk(DONE)])
}
