//! The program: its first line, its help, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_promptgate-simulator"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

#[test]
fn it_says_where_it_listens_and_ends_with_its_parent() {
    let (mut child, line) = start(&["--exit-with-stdin"]);
    let port = line.trim_end().strip_prefix("listening on http://127.0.0.1:").unwrap();
    assert!(port.parse::<u16>().unwrap() > 0);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_ends_in_good_order_on_a_signal() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, _) = start(&[]);
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(child.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn help_names_every_option_and_a_taken_port_is_an_error() {
    let run =
        |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_promptgate-simulator")).args(arguments).output().unwrap();
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    let readme = include_str!("../../README.md");
    for option in help.split_whitespace().filter(|word| word.starts_with("--")) {
        let name = option.trim_end_matches(',');
        assert!(readme.contains(name) || name == "--help" || name == "--version", "{name}");
    }
    let (mut child, line) = start(&["--exit-with-stdin"]);
    let port = line.trim_end().rsplit(':').next().unwrap().to_owned();
    let taken = run(&["--port", &port]);
    assert!(!taken.status.success());
    assert!(String::from_utf8(taken.stderr).unwrap().contains("in use"));
    drop(child.stdin.take());
    child.wait().unwrap();
}

/// The answer of a control call, as text.
fn control(line: &str, request: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(line.trim_end().strip_prefix("listening on http://").unwrap()).unwrap();
    let length = body.len();
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn templates_prompts_and_models_outlive_a_restart_where_a_file_is_named() {
    let folder = std::env::temp_dir().join(format!("promptgate-simulator-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("state.json");
    let run = |requests: &[(&str, &str)]| {
        let (mut child, line) = start(&["--state", file.to_str().unwrap()]);
        let answers: Vec<String> = requests.iter().map(|(request, body)| control(&line, request, body)).collect();
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(child.wait().unwrap().success());
        answers
    };
    run(&[
        ("POST /_simulator/prompts", r#"{"id": "p1", "name": "kept-prompt"}"#),
        ("POST /_simulator/templates", r#"{"id": "t1", "content": "kept-template"}"#),
        ("POST /_simulator/models", r#"{"id": "m1", "name": "kept-model"}"#),
    ]);
    let families = [("GET /_simulator/prompts", ""), ("GET /_simulator/templates", ""), ("GET /_simulator/models", "")];
    for _ in 0..2 {
        let answers = run(&families);
        for (answer, kept) in answers.iter().zip(["kept-prompt", "kept-template", "kept-model"]) {
            assert!(answer.contains(kept), "{answer}");
        }
    }
    std::fs::write(&file, "{").unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_promptgate-simulator"))
        .args(["--state", file.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("delete it to start anew"));
    std::fs::remove_dir_all(folder).unwrap();
}
