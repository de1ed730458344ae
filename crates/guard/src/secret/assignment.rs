//! Names of secrets with a value assigned: `db_password = "…"`, `api key: …`.

use super::entropy;
use super::name::{self, FOREIGN, Meaning, meaning, names_vendor};
use super::value::{self, Look, Value};
use crate::finding::Kind;
use crate::rule::Rule;
use crate::scan::{Hit, Place};
use crate::text::Text;

pub(super) const ASSIGNMENT: Rule = Rule {
    code: "K005",
    name: "secret-assignment",
    kind: Kind::Password,
    summary: "A value after `=`, `:`, `:=`, `=>` or a comparison whose name says that it is a \
              password, secret or key; or in quotes after the quoted name in a call. Variables, calls, \
              types, paths and placeholders are none, and after `==`, `:=` and `=>` only what is \
              quoted; after names \
              that also mean other things (token, key) only long random strings are, and \
              never UUIDs. Names that end in what is about the secret (`password_length`, \
              `token_type`) are none. The finding is the value alone.",
    caught: &[
        "password: hunter2",
        "DB_PASSWORD=s3cr3t!",
        "\"client_secret\": \"9f86d081884c7d659a2f\"",
        "api_key = 'A1b2C3d4E5f6G7h8'",
        "my_password_super_secure = \"value with quotes and spaces\"",
        "if (secret == \"m{{h}o)p${e]nob(ody[finds>-_$#thisone}}\")",
        "password => \"m{{h}o)p${e]nob(ody\"",
        "if (\"m{{h}o)p${e]nob(ody\" == password) {",
        "AccountKey=lJzRc1YdHaAA2KCNJJ1tkYwF/+mKK6Ygw0NGe170Xu592euJv2wYUtBlV8z==",
        "Api Key: 12345-abcde-67890",
        "token = 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "pwd:Winter2024",
        "my ｐａｓｓｗｏｒｄ: hunter2",
        "senha: Abc12345",
        "пароль: Qwerty123",
        "密码:abc12345",
        "curl -u admin:hunter2xyz https://api.example.com",
        "- name: DB_PASS\n  value: S3cr3tP4ss",
        "{\"name\": \"DB_PASS\", \"value\": \"S3cr3tP4ss\"}",
        "ADMIN_PASSWORD ?= \"rT7#kLq29zXv\"",
        "System.setProperty(\"db.password\", \"rT7#kLq29zXv\")",
        "let password: &str = \"rT7#kLq29zXv\";",
        "X-Auth-Token: 9f86d081884c7d659a2feaa0c55ad015",
        "password = b\"rT7#kLq29zXv\"",
        "secret = u'rT7#kLq29zXv'",
        "const password = process.env.DB_PASSWORD || \"rT7#kLq29zXv\";",
        "$password = $given ?? 'rT7#kLq29zXv';",
        "<property name=\"password\" value=\"rT7#kLq29zXv\"/>",
    ],
    passed: &[
        "password: ${DB_PASSWORD}",
        "api_key = os.environ['KEY']",
        "password = \"\"",
        "secret: <your secret>",
        "max_tokens: 4096",
        "token_type: bearer4you2",
        "commit: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "session token: 550e8400-e29b-41d4-a716-446655440000",
        "password: changeme",
        "I forgot my password: what should I do now?",
        "password_min_length = 12345",
        "key: value1",
        "if (password === confirmPassword) return",
        "password = user.newPassword",
        "docker run -u 1000:1000",
        "docker run -u nginx:nginx",
        "name: REPLICAS\n  value: S3cr3tP4ss",
        "fn sign(&self, secret: &[u8], message: &[u8])",
        "let secret = Secret::new(env::var(\"X\")?);",
        "if password == old_password:",
        "api_key: ApiKeySource",
        "Password=;Trusted Connection=True",
        "api_key='OPENAI_API_KEY'",
        "password = f\"{user}-{realm}#1\"",
        "password = ub",
        "const password = process.env.DB_PASSWORD || \"postgres\";",
        "const password = this.password || \"\";",
        "let secret = config.secret ?? defaultSecret;",
        "<input name=\"password\" value=\"\"/>",
        "<input name=\"password\" value=\"{{password}}\"/>",
        "<option name=\"password_hint\" value=\"rT7#kLq29zXv\"/>",
        "- [ ] Tests pass: `pytest tests/test_templates/test_metric_templates.py`",
        "Emit rows with `Pass` = `structure`.",
        "PASS: 17/17",
        "First pass: skim2read",
        "compile pass: codegen2",
        "boarding pass: B42X",
        "api_key_missing: \"Check SEARCH_API_KEY environment variable\"",
        "export OPENAI_API_KEY=sk-abc123",
        "OPENAI_API_KEY=sk-1234567890abcdef",
    ],
};

pub(super) const AUTHORIZATION: Rule = Rule {
    code: "K006",
    name: "authorization-header",
    kind: Kind::Token,
    summary: "The credentials of an `Authorization` header, after `Basic`, `Bearer`, `Token` or \
              `ApiKey` (RFC 9110, section 11.6.2), if they are long and random.",
    caught: &[
        "Authorization: Bearer 9f86d081884c7d659a2feaa0",
        "curl -H 'Authorization: Basic dXNlcjpwYXNzd29yZDEyMw=='",
        "\"authorization\": \"Token A1b2C3d4E5f6G7h8I9j0\"",
    ],
    passed: &["Authorization: Bearer $TOKEN", "Authorization: Bearer <token>", "authorization: needed here"],
};

/// The assignment whose sign (`=` or `:`, the first of several) is at `at`.
pub(super) fn sign(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    // `:=`, `==`, `!=`, `::`: the first sign decides.
    if matches!(text.before(at), b'=' | b':' | b'>' | b'<') {
        return None;
    }
    // `?=` of Makefiles, `!=`.
    let before = if matches!(text.before(at), b'!' | b'?') { at - 1 } else { at };
    let operator = text.run(at, 3, |byte| matches!(byte, b'=' | b':' | b'>' | b'~'));
    let name = name::before(text, before);
    let heading = text.at(at) == b':' && operator - at == 1;
    let named = name.clone().and_then(|name| meaning(text.slice(name), heading));
    let Some(meaning) = named.or_else(|| apart(text, before)) else {
        return turned(place, before, at, operator).or_else(|| user(place, at));
    };
    let sign = text.slice(before..operator);
    if sign == b"::" {
        return None;
    }
    // A key in JSON may close its quote after the sign: `"password:" x`.
    let start = text.run(operator, 4, |byte| byte == b' ' || byte == b'\t');
    // What begins within a value that has been found is a part of it.
    if start < place.barrier {
        return None;
    }
    if meaning == Meaning::Header {
        return header(place, start);
    }
    let value = value::read(text, start)?;
    // Chinese, Japanese and Korean: a sentence about passwords goes on, and none is in that script.
    if named.is_none() && matches!(text.at(value.span.start), 0xe3..=0xed) {
        return None;
    }
    if let Some(value) = fallback(text, &value).filter(|value| value.span.start >= place.barrier) {
        let name = name.map(|name| text.slice(name)).unwrap_or_default();
        return assigned(place, name, meaning, &value, true).filter(|_| is_chosen(text, &value));
    }
    // Comparisons, Go, PHP and Ruby: what is not quoted is code.
    if !value.quoted && !matches!(sign, b"=" | b":" | b"?=") && !value::has_chosen_signs(text.slice(value.span.clone()))
    {
        return None;
    }
    let name = name.map(|name| text.slice(name)).unwrap_or_default();
    assigned(place, name, meaning, &value, start > operator && sign != b":")
}

/// A name and value as two arguments of a call: `setProperty("db.password", "…")`. The comma after the
/// name is at `at`.
pub(super) fn comma(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    let name = name::before(text, at)?;
    let meaning = meaning(text.slice(name.clone()), false).filter(|meaning| *meaning != Meaning::Header)?;
    let start = text.run(at + 1, 2, |byte| byte == b' ');
    if !matches!(text.before(name.start), b'"' | b'\'') || start < place.barrier {
        return None;
    }
    let value = value::read(text, start).filter(|value| value.quoted)?;
    // A list of names: `["password", "secret"]`.
    assigned(place, text.slice(name), meaning, &value, true).filter(|_| is_chosen(text, &value))
}

/// Whether the next word names a secret: the value then says whose secret is meant, and is none itself.
fn is_explained(text: &Text<'_>, value: &Value) -> bool {
    let next = text.run(value.span.end, 1, |byte| byte == b' ');
    let ends = |at: usize| {
        matches!(text.at(at), b' ' | b'.' | b',' | b'\n' | 0) && !text.at(at + 1).is_ascii_alphanumeric()
            || text.at(at) == b' '
    };
    next > value.span.end
        && ["api key", "key", "token", "password", "secret"]
            .iter()
            .any(|name| text.says(next, name) && ends(next + name.len()))
}

/// Whether it is more than a word.
fn is_chosen(text: &Text<'_>, value: &Value) -> bool {
    matches!(value::look(text.slice(value.span.clone()), value.quoted), Look::Chosen | Look::Random | Look::Uuid)
}

/// The literal that is taken where a variable is not set: `process.env.PASSWORD || "…"`, `$password ?? '…'`.
fn fallback(text: &Text<'_>, variable: &Value) -> Option<Value> {
    let end = variable.span.end;
    let gap = text.run(end, 1, |byte| byte == b' ');
    let operator = ["||", "??"].into_iter().find(|operator| text.says(gap, operator))?;
    let start = text.run(gap + operator.len(), 1, |byte| byte == b' ');
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'-' | b'>');
    let named = !variable.quoted && text.slice(variable.span.clone()).iter().all(name);
    value::read(text, start).filter(|value| named && value.quoted)
}

/// What a value is worth that is assigned to `name`; `spaced` if a blank stands after the sign, as in code.
fn assigned(place: &Place<'_, '_>, name: &[u8], meaning: Meaning, value: &Value, spaced: bool) -> Option<Hit> {
    let text = place.text;
    let bytes = text.slice(value.span.clone());
    let look = value::look(bytes, value.quoted);
    let length = value.span.len();
    let after = text.at(value.span.end);
    let score = match (meaning, look) {
        (_, Look::Reference) => return None,
        (_, Look::Placeholder) => 0.2,
        (Meaning::Secret, _) if name::is_verdict(name, bytes) => 0.25,
        // `"api_key_missing": "Check OPENAI_API_KEY in the environment"`: a message.
        (Meaning::Secret, _) if bytes.contains(&b' ') && value::speaks_of_itself(bytes) => 0.25,
        (Meaning::Secret, Look::Random | Look::Uuid) => 0.9,
        // `connect(password=pwd2, …)`: a variable.
        (Meaning::Secret, Look::Chosen)
            if !value.quoted && matches!(after, b';' | b',' | b')' | b'}') && value::is_name(bytes) =>
        {
            0.25
        }
        // `api_key: 3scale API key`: what an argument is.
        (Meaning::Secret, Look::Chosen) if !value.quoted && value.more && is_explained(text, value) => 0.25,
        (Meaning::Secret, Look::Chosen) => 0.8,
        (Meaning::Secret, Look::Word) if value.quoted && length >= 6 && !value::speaks_of_itself(bytes) => 0.6,
        // A word alone on the rest of its line; in code and for types there would be signs or capitals.
        (Meaning::Secret, Look::Word)
            if !value.quoted
                && !value.more
                && !spaced
                && length >= 5
                && matches!(after, b'\n' | b'\r' | b'.' | 0)
                && bytes.iter().skip(1).all(|byte| byte.is_ascii_lowercase() || *byte >= 0x80)
                && (bytes.first().is_some_and(|byte| !byte.is_ascii_uppercase())
                    || name.first().is_some_and(u8::is_ascii_uppercase)) =>
        {
            0.5
        }
        (Meaning::Secret, Look::Word) => 0.25,
        (Meaning::Token, Look::Random) => 0.8,
        (Meaning::Token, Look::Uuid) if names_vendor(name) => 0.7,
        (Meaning::Token, Look::Chosen) if value.quoted && length >= 12 => 0.5,
        (Meaning::Token | Meaning::Header, _) => 0.1,
    };
    Some(Hit::new(&ASSIGNMENT, value.span.clone(), score))
}

/// A name in another script, or one that stands in the item before: `name: DB_PASS` and `value: …`,
/// as containers' settings have it.
fn apart(text: &Text<'_>, before: usize) -> Option<Meaning> {
    let end = text.run_before(before, 3, |byte| matches!(byte, b' ' | b'"' | b'\''));
    if text.before(end) >= 0x80 {
        let start = text.run_before(end, 36, |byte| byte.is_ascii_alphabetic() || byte >= 0x80);
        let word = text.slice(start..end);
        let has = |part: &&str| word.windows(part.len()).any(|window| window == part.as_bytes());
        return FOREIGN.iter().any(has).then_some(Meaning::Secret);
    }
    let value = end.checked_sub("value".len()).filter(|&value| text.says(value, "value"))?;
    let end = text.run_before(value, 12, |byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b','));
    let start = text.run_before(end, 40, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    let colon = text.run_before(start, 3, |byte| matches!(byte, b' ' | b'"' | b'\''));
    // `:` or, among the attributes of an element, `=`.
    let name = text.run_before(colon, 3, |byte| matches!(byte, b':' | b'=' | b'"' | b'\''));
    let named = end < value && name < colon && text.says(name.saturating_sub("name".len()), "name");
    named.then(|| meaning(text.slice(start..end), false)).flatten()
}

/// `-u name:password`, as `curl` takes it.
fn user(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    let name = text.run_before(at, 32, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let quote = text.run_before(name, 1, |byte| matches!(byte, b'"' | b'\''));
    let option = [" -u ", "--user "].iter().any(|option| text.says(quote.saturating_sub(option.len()), option));
    if name == at || !option {
        return None;
    }
    let value = value::read(text, at + 1)?;
    let look = value::look(text.slice(value.span.clone()), value.quoted);
    let letters = text.slice(value.span.clone()).iter().any(u8::is_ascii_alphabetic);
    (letters && matches!(look, Look::Chosen | Look::Random)).then(|| Hit::new(&ASSIGNMENT, value.span, 0.7))
}

/// A comparison the other way round: `"…" == password`.
fn turned(place: &Place<'_, '_>, before: usize, at: usize, operator: usize) -> Option<Hit> {
    let text = place.text;
    if operator - before < 2 || text.at(at) != b'=' {
        return None;
    }
    let end = text.run_before(before, 1, |byte| byte == b' ');
    let value = value::read_before(text, end)?;
    let start = text.run(operator, 2, |byte| byte == b' ');
    let name = start..text.run(start, name::LONGEST, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let named = meaning(text.slice(name.clone()), false) == Some(Meaning::Secret) && !text.opens_tag(name.end);
    let look = value::look(text.slice(value.span.clone()), true);
    let real = matches!(look, Look::Chosen | Look::Random | Look::Uuid);
    (named && real).then(|| Hit::new(&ASSIGNMENT, value.span, 0.75))
}

fn header(place: &Place<'_, '_>, at: usize) -> Option<Hit> {
    let text = place.text;
    let mut start = at;
    start = text.run(start, 2, |byte| matches!(byte, b'"' | b'\'' | b'\\'));
    for scheme in ["bearer ", "basic ", "token ", "apikey "] {
        if text.says(start, scheme) {
            start += scheme.len();
            break;
        }
    }
    let value = value::read(text, start)?;
    let bytes = text.slice(value.span.clone());
    let base64 = bytes.ends_with(b"=") && bytes.len() >= 12;
    ((entropy::is_random(bytes) || base64) && !value::has_tag(bytes))
        .then(|| Hit::new(&AUTHORIZATION, value.span, 0.85))
}
