//! Two changes of one document: merged where they touch different members, distinguished where they do not.

use serde::Serialize;

use crate::fault::Path;
use crate::json::Json;

/// Brings two changes of `base` together, member by member; arrays and plain values are changed as a whole.
/// The members' order is that of `theirs`, then of what `ours` adds.
///
/// # Errors
/// The paths at which both have changed the same thing in different ways.
pub fn merge(base: &Json, ours: &Json, theirs: &Json) -> Result<Json, Vec<Path>> {
    let mut conflicts = Vec::new();
    let merged = value(&mut Path::root(), Some(base), Some(ours), Some(theirs), &mut conflicts);
    match merged {
        Some(merged) if conflicts.is_empty() => Ok(merged),
        _ => Err(conflicts),
    }
}

fn value(
    path: &mut Path,
    base: Option<&Json>,
    ours: Option<&Json>,
    theirs: Option<&Json>,
    conflicts: &mut Vec<Path>,
) -> Option<Json> {
    if ours == theirs || theirs == base {
        return ours.cloned();
    }
    if ours == base {
        return theirs.cloned();
    }
    let (Some(Json::Object(mine)), Some(Json::Object(other))) = (ours, theirs) else {
        conflicts.push(path.clone());
        return None;
    };
    let before = match base {
        Some(Json::Object(members)) => members.as_slice(),
        _ => &[],
    };
    // Members that both have dropped are in neither list.
    let added = mine.iter().filter(|(name, _)| member(other, name).is_none());
    let members = other.iter().chain(added).filter_map(|(name, _)| {
        path.push_name(name);
        let merged = value(path, member(before, name), member(mine, name), member(other, name), conflicts);
        path.pop();
        merged.map(|merged| (name.clone(), merged))
    });
    Some(Json::Object(members.collect()))
}

fn member<'a>(members: &'a [(String, Json)], name: &str) -> Option<&'a Json> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// One difference between two documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where.
    pub path: String,
    /// What was there; nothing if it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// The value; nothing if it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}

/// What has changed from `before` to `after`, member by member; arrays and plain values as a whole.
pub fn diff(before: &Json, after: &Json) -> Vec<Change> {
    let mut changes = Vec::new();
    differ(&mut Path::root(), Some(before), Some(after), &mut changes);
    changes
}

fn differ(path: &mut Path, before: Option<&Json>, after: Option<&Json>, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let (Some(Json::Object(old)), Some(Json::Object(new))) = (before, after) else {
        changes.push(Change { path: path.to_string(), before: before.cloned(), after: after.cloned() });
        return;
    };
    let added = new.iter().filter(|(name, _)| member(old, name).is_none());
    for (name, _) in old.iter().chain(added) {
        path.push_name(name);
        differ(path, member(old, name), member(new, name), changes);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::parse;

    fn json(text: &str) -> Json {
        parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn merges() {
        for (base, ours, theirs, expected) in [
            (r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#, Ok(r#"{"a":2,"b":2}"#)),
            (r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":2}"#, Ok(r#"{"a":2}"#)),
            (r#"{"a":1}"#, r#"{"a":1,"c":3}"#, r#"{"a":1,"b":2}"#, Ok(r#"{"a":1,"b":2,"c":3}"#)),
            (r#"{"a":1,"b":1}"#, r#"{"a":1}"#, r#"{"a":2,"b":1}"#, Ok(r#"{"a":2}"#)),
            (r#"{"a":1,"b":1}"#, r#"{}"#, r#"{}"#, Ok("{}")),
            (
                r#"{"m":{"x":1,"y":1}}"#,
                r#"{"m":{"x":2,"y":1}}"#,
                r#"{"m":{"x":1,"y":2}}"#,
                Ok(r#"{"m":{"x":2,"y":2}}"#),
            ),
            (r#"{}"#, r#"{"m":{"x":1}}"#, r#"{"m":{"y":1}}"#, Ok(r#"{"m":{"y":1,"x":1}}"#)),
            (r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, Err("$.a")),
            (r#"{"a":1}"#, r#"{}"#, r#"{"a":3}"#, Err("$.a")),
            (r#"{"l":[1]}"#, r#"{"l":[1,2]}"#, r#"{"l":[0,1]}"#, Err("$.l")),
            (r#"{"m":{"x":1}}"#, r#"{"m":{"x":2}}"#, r#"{"m":{"x":3}}"#, Err("$.m.x")),
            (r#"{"a":1}"#, r#"{"a":"1"}"#, r#"{"a":null}"#, Err("$.a")),
        ] {
            let merged = merge(&json(base), &json(ours), &json(theirs));
            match expected {
                Ok(expected) => assert_eq!(serde_json::to_string(&merged.unwrap()).unwrap(), expected),
                Err(path) => {
                    let paths: Vec<String> = merged.unwrap_err().iter().map(Path::to_string).collect();
                    assert_eq!(paths, [path], "{base} {ours} {theirs}");
                }
            }
        }
    }

    #[test]
    fn differences() {
        let changes = diff(&json(r#"{"a":1,"m":{"x":1},"gone":[]}"#), &json(r#"{"a":2,"m":{"x":1,"y":{}}}"#));
        assert_eq!(
            serde_json::to_value(&changes).unwrap(),
            serde_json::json!([
                { "path": "$.a", "before": 1, "after": 2 },
                { "path": "$.m.y", "after": {} },
                { "path": "$.gone", "before": [] },
            ])
        );
        assert!(diff(&json("{}"), &json("{}")).is_empty());
    }

    fn document() -> impl Strategy<Value = Json> {
        let leaf =
            prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::Bool), "[ab]{0,2}".prop_map(Json::String)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
                proptest::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same without the order of members.
    fn plain(json: &Json) -> serde_json::Value {
        serde_json::to_value(json).unwrap()
    }

    proptest! {
        // Rows A4, E7.
        #[test]
        fn laws(base in document(), one in document(), other in document()) {
            prop_assert_eq!(merge(&base, &base, &one).map(|json| plain(&json)), Ok(plain(&one)));
            prop_assert_eq!(merge(&base, &one, &base).map(|json| plain(&json)), Ok(plain(&one)));
            prop_assert_eq!(merge(&base, &one, &one).map(|json| plain(&json)), Ok(plain(&one)));
            let (there, back) = (merge(&base, &one, &other), merge(&base, &other, &one));
            prop_assert_eq!(there.map(|json| plain(&json)).ok(), back.map(|json| plain(&json)).ok());
            prop_assert!(diff(&one, &one).is_empty());
        }
    }
}
