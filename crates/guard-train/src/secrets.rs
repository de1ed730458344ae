//! How well secrets are found: public test sets, and what must pass.

use crate::detail;
use crate::pii::field;
use crate::random::Random;
use promptgate_guard::{Action, Guard, Kind, Policy, Role};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const SOURCES: [&str; 2] = ["detect_secrets_tests", "llm_guard_tests"];

/// The whole evaluation as text.
pub(crate) fn evaluate(data: &Path) -> String {
    let guard = Guard::new(&Policy::all(Action::Flag));
    let mut out = String::from("# Secrets\n\n");
    for source in SOURCES {
        let path = data.join("secrets").join(format!("{source}.jsonl"));
        let Ok(file) = std::fs::read_to_string(&path) else {
            let _ = writeln!(out, "!! SKIPPED {source}: {} is not there\n", path.display());
            continue;
        };
        // By rule of the source: to be flagged, flagged; to pass, flagged all the same.
        let mut counts: BTreeMap<String, [u32; 4]> = BTreeMap::new();
        for line in file.lines() {
            let Ok(row) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let text = field(&row, "text").as_str().unwrap_or_default();
            let rule = field(&row, "rule").as_str().unwrap_or_default().replace("_TEST_CASES", "");
            let flagged = is_flagged(&guard, text);
            let expected = field(&row, "label").as_u64() == Some(1);
            for name in [rule.as_str(), "~all"] {
                let count = counts.entry(name.to_owned()).or_default();
                let [secrets, found, others, wrong] = count;
                let (all, hits) = if expected { (secrets, found) } else { (others, wrong) };
                *all += 1;
                *hits += u32::from(flagged);
            }
            if flagged != expected && detail::is_wanted() {
                detail::line(&format!("{source} {rule} expected {expected} {text:?}"));
            }
        }
        let _ = writeln!(
            out,
            "## {source}\n\n| rule of the source | secrets | found | others | flagged |\n|---|---|---|---|---|"
        );
        for (rule, [secrets, found, others, flagged]) in &counts {
            let _ = writeln!(out, "| {} | {secrets} | {found} | {others} | {flagged} |", rule.trim_start_matches('~'));
        }
        out.push('\n');
    }
    must_pass(&guard, &mut out);
    benign(&guard, data, &mut out);
    out
}

fn is_flagged(guard: &Guard, text: &str) -> bool {
    guard
        .check(text, Role::User)
        .findings
        .iter()
        .any(|found| matches!(found.kind, Kind::Token | Kind::Password | Kind::PrivateKey))
}

type Make = fn(&mut Random) -> String;

/// What would be an outage to block, generated: 100 texts of each sort.
fn must_pass(guard: &Guard, out: &mut String) {
    let sorts: [(&str, Make); 7] = [
        ("git hashes", |random| {
            let hash = random.hex(40);
            random.frame(
                &["commit @", "fixed in @", "git checkout @", "sha: @", "rev = \"@\"", "digest: sha256:@"],
                &hash,
            )
        }),
        ("UUIDs", |random| {
            let uuid =
                format!("{}-{}-4{}-a{}-{}", random.hex(8), random.hex(4), random.hex(3), random.hex(3), random.hex(12));
            random.frame(&["id: @", "session_id=@", "trace token: @", "conversation @", "key: @"], &uuid)
        }),
        ("SHA-256 digests", |random| {
            let hash = random.hex(64);
            random.frame(&["sha256:@", "checksum = \"@\"", "integrity @", "etag: \"@\"", "@  file.tar.gz"], &hash)
        }),
        ("camel-case names", |random| {
            let name = [
                "getUserAccountById",
                "TransactionRollbackHandlerFactory",
                "parseAuthorizationHeaderValue",
                "passwordResetTokenProvider",
            ];
            let picked = random.pick(&name);
            random.frame(&["call @()", "let key = @", "token = @", "the class @ is abstract"], picked)
        }),
        ("placeholders", |random| {
            let value = [
                "<your-api-key>",
                "${API_KEY}",
                "{{ secret }}",
                "YOUR_API_KEY",
                "xxxxxxxxxxxxxxxx",
                "********",
                "os.environ[\"KEY\"]",
                "changeme",
                "$PASSWORD",
                "null",
            ];
            let picked = random.pick(&value);
            random.frame(&["api_key = @", "password: @", "secret=@", "export TOKEN=@"], picked)
        }),
        ("talk about passwords", |random| {
            let talk = [
                "I forgot my password and can't log in",
                "reset password please",
                "my password is not accepted",
                "how do I rotate an api key?",
                "the token expired yesterday",
                "is my secret question safe: yes or no?",
                "Password: at least 12 characters",
                "token limit: 4096",
                "what is the secret of success",
                "max_tokens=8192",
                "please change the password policy: longer is better",
            ];
            random.pick(&talk).to_owned()
        }),
        ("model and file names", |random| {
            let name = [
                "sk-learn-style-pipeline-wrapper",
                "key-value-store-benchmark-results",
                "pat-the-dog-and-other-stories-for-children",
                "re_ordering_of_the_query_planner_output",
                "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
            ];
            let picked = random.pick(&name);
            random.frame(&["open @", "see @ for details"], picked)
        }),
    ];
    out.push_str("## Must pass (generated, 100 of each sort)\n\n| sort | flagged |\n|---|---|\n");
    let mut random = Random::new(11);
    for (name, make) in sorts {
        let mut flagged = 0;
        for _ in 0..100 {
            let text = make(&mut random);
            let hit = is_flagged(guard, &text);
            if hit && detail::is_wanted() {
                detail::line(&format!("MUST PASS {name} {text:?}"));
            }
            flagged += u32::from(hit);
        }
        let _ = writeln!(out, "| {name} | {flagged} |");
    }
    out.push('\n');
}

/// What a gateway sees all day: messages of customers, none of them with a secret.
fn benign(guard: &Guard, data: &Path, out: &mut String) {
    let strict = Guard::new(&Policy::matrix());
    out.push_str("## Benign messages flagged (any kind of value but injection)\n\n| set | messages | secrets | personal data | refused under the literal matrix |\n|---|---|---|---|---|\n");
    for set in [
        "banking77_test",
        "banking77_train",
        "dstc8_user",
        "nlupp",
        "abcd_sample",
        "dahoas_hh",
        "ultrachat",
        "awesome_prompts_2023",
        "cyberseceval_frr",
    ] {
        let path = data.join("benign").join(format!("{set}.jsonl"));
        let Ok(file) = std::fs::read_to_string(&path) else {
            let _ = writeln!(out, "!! SKIPPED {set}: {} is not there", path.display());
            continue;
        };
        let (mut all, mut secrets, mut personal, mut refused) = (0, 0, 0, 0);
        for line in file.lines() {
            let Ok(row) = serde_json::from_str::<Value>(line) else {
                continue;
            };
            let text = field(&row, "text").as_str().unwrap_or_default();
            all += 1;
            let report = guard.check(text, Role::User);
            let secret = is_flagged(guard, text);
            let other = report
                .findings
                .iter()
                .any(|found| !matches!(found.kind, Kind::Token | Kind::Password | Kind::PrivateKey | Kind::Injection));
            if detail::is_wanted() {
                for found in report.findings.iter().filter(|found| found.kind != Kind::Injection) {
                    let start = text.floor_char_boundary(found.span.start.saturating_sub(30));
                    detail::line(&format!(
                        "BENIGN {set} {} {:.2} {:?}",
                        found.code,
                        found.score,
                        text.get(start..found.span.end)
                    ));
                }
            }
            secrets += u32::from(secret);
            personal += u32::from(other);
            let stays = |kind| kind != Kind::Injection;
            let blocked = strict
                .check(text, Role::User)
                .findings
                .iter()
                .any(|found| found.action == Action::Block && stays(found.kind));
            refused += u32::from(blocked);
        }
        let _ = writeln!(out, "| {set} | {all} | {secrets} | {personal} | {refused} |");
    }
    out.push('\n');
}
