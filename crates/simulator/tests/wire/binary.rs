//! The program: its first line, its help, and how it ends.

use std::io::{BufRead, BufReader};
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
