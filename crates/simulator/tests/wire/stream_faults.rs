//! Faults in the body of a chat answer, as they look on the wire.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{End, Sim, body};

/// The usual answer to the body that `Sim::faulty` sends.
async fn usual(sim: &Sim) -> Vec<u8> {
    sim.chat(&[], &body(8)).await.whole().await.unwrap().bytes()
}

#[tokio::test]
async fn cuts_of_chunks_change_no_byte() {
    let sim = Sim::start().await;
    let usual = usual(&sim).await;
    let ones = sim.faulty(json!({"kind": "one_byte_chunks"})).await.whole().await.unwrap();
    assert_eq!((ones.bytes(), ones.end), (usual.clone(), End::Clean));
    assert!(ones.chunks.iter().all(|chunk| chunk.len() == 1));
    let split = sim.faulty(json!({"kind": "split_utf8"})).await.whole().await.unwrap();
    assert_eq!((split.bytes(), split.end), (usual, End::Clean));
    assert!(split.chunks.iter().any(|chunk| std::str::from_utf8(chunk).is_err()));
}

#[tokio::test]
async fn line_ends_and_marks_can_be_joined() {
    let sim = Sim::start().await;
    let usual = String::from_utf8(usual(&sim).await).unwrap();
    let fault = json!([
        {"kind": "bom"}, {"kind": "crlf"}, {"kind": "blank_lines"},
        {"kind": "no_final_newline"}, {"kind": "one_byte_chunks"},
    ]);
    let answer = sim.faulty(fault).await.whole().await.unwrap();
    let lines: Vec<String> = usual.lines().map(|line| format!("\r\n{line}")).collect();
    let expected = format!("\u{feff}{}", lines.join("\r\n"));
    assert_eq!(String::from_utf8(answer.bytes()).unwrap(), expected);
}

#[tokio::test]
async fn frames_can_be_bad_or_missing() {
    let sim = Sim::start().await;
    for (fault, good, bad, terminal) in [
        (json!({"kind": "malformed_frames", "count": 3}), 9, 3, true),
        (json!({"kind": "malformed_frames", "all": true}), 0, 9, false),
        (json!({"kind": "invalid_utf8", "count": 2}), 9, 2, true),
        (json!({"kind": "no_terminal"}), 8, 0, false),
        (json!({"kind": "none"}), 9, 0, true),
    ] {
        let answer = sim.faulty(fault.clone()).await.whole().await.unwrap();
        let (frames, broken) = answer.frames();
        assert_eq!((answer.status, answer.end), (200, End::Clean), "{fault}");
        assert_eq!((frames.len(), broken), (good, bad), "{fault}");
        assert_eq!(frames.iter().any(|frame| frame["usage"] != Value::Null), terminal, "{fault}");
    }
}

#[tokio::test]
async fn an_error_frame_ends_the_stream_in_good_order() {
    let sim = Sim::start().await;
    for after in [0, 3] {
        let fault = json!({"kind": "error_frame", "after_frames": after});
        let answer = sim.faulty(fault).await.whole().await.unwrap();
        let (frames, _) = answer.frames();
        assert_eq!((frames.len(), answer.end), (after + 1, End::Clean));
        let error = frames.last().unwrap();
        assert_eq!((&error["status"], &error["code"]), (&json!(500), &json!("internal.server.error")));
        assert_eq!(error["contextId"], answer.headers["inin-correlation-id"].as_str());
    }
}

#[tokio::test]
async fn a_stream_is_cut_after_its_frames() {
    let sim = Sim::start().await;
    for (how, end) in [("reset", End::Reset), ("close", End::Closed)] {
        for after in [0, 1, 5, 9, 99] {
            let fault = json!({"kind": "reset_mid_stream", "after_frames": after, "how": how});
            let answer = sim.faulty(fault).await.whole().await.unwrap();
            assert_eq!((answer.status, answer.end), (200, end), "{how} after {after}");
            assert_eq!(answer.frames().0.len(), after.min(9), "{how} after {after}");
        }
    }
    assert_eq!(sim.stats().await["cut"], 10);
}

#[tokio::test]
async fn a_stall_keeps_the_connection_and_sends_nothing_more() {
    let sim = Sim::start().await;
    for after in [0, 2, 9] {
        let fault = json!({"kind": "stall", "after_frames": after});
        let mut call = sim.faulty(fault).await;
        assert_eq!(call.head().await.unwrap().0, 200);
        for _ in 0..after {
            call.chunk().await.unwrap();
        }
        sim.wait("held=1&open=1").await;
        drop(call);
        sim.wait("held=0&open=0").await;
    }
    assert_eq!(sim.stats().await["aborted"], 3);
}

#[tokio::test(start_paused = true)]
async fn headers_come_at_once_and_the_first_frame_later() {
    let sim = Sim::start().await;
    let begun = tokio::time::Instant::now();
    let mut call = sim.faulty(json!({"kind": "delay_first_byte", "ms": 7000})).await;
    call.head().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1));
    call.chunk().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(7));
}

#[tokio::test]
async fn an_oversized_line_is_one_valid_frame_of_that_size() {
    let sim = Sim::start().await;
    for bytes in [0_usize, 14, 15, 2_000_000] {
        let fault = json!({"kind": "oversized_line", "bytes": bytes});
        let answer = sim.faulty(fault).await.whole().await.unwrap();
        let (frames, bad) = answer.frames();
        assert_eq!((frames.len(), bad), (10, 0));
        let all = answer.bytes();
        let line = all.split(|b| *b == b'\n').nth(1).unwrap();
        assert_eq!(line.len(), bytes.max(14));
    }
}

#[tokio::test]
async fn a_flood_is_sent_whole_and_waits_for_its_reader() {
    let sim = Sim::start().await;
    let answer = sim.faulty(json!({"kind": "flood", "megabytes": 3})).await.whole().await.unwrap();
    let (frames, bad) = answer.frames();
    assert_eq!((frames.len(), bad), (3_009, 0));

    // Nobody reads: what the kernel buffers is all that is sent of the next.
    sim.control("POST", "reset", Value::Null).await;
    let sim = Sim { token: sim.issue("").await, ..sim };
    let mut call = sim.faulty(json!({"kind": "flood", "megabytes": 5_000})).await;
    call.head().await.unwrap();
    for _ in 0..10 {
        call.chunk().await.unwrap();
    }
    drop(call);
    let stats = sim.wait("aborted=1&open=0").await;
    assert!(stats["bytes_sent"].as_u64().unwrap() < 100_000_000, "{stats}");
}

#[tokio::test]
async fn an_endless_answer_never_ends_until_its_reader_leaves() {
    let sim = Sim::start().await;
    for interval_ms in [0, 1] {
        let mut call = sim.faulty(json!({"kind": "endless", "interval_ms": interval_ms})).await;
        call.head().await.unwrap();
        for _ in 0..200 {
            call.chunk().await.unwrap();
        }
        drop(call);
        sim.wait("open=0").await;
    }
    let stats = sim.wait("aborted=2").await;
    assert_eq!(stats["completed"], 0);
}
