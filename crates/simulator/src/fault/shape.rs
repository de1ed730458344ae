//! The table of stream shapes: what servers that speak OpenAI's wire really send. None of them is an error.

use serde::Deserialize;

/// One habit of a server.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StreamShape {
    Cr,
    NoSpace,
    MultiLineData,
    Comments,
    EmptyData,
    EventNames,
    UnknownFields,
    NoDone,
    AfterDone,
    PromptFilterFirst,
    UsageOnFinish,
    UsageTwice,
    UsageCumulative,
    UsageMissing,
    UsageWithChoice,
    ToolIndexMissing,
    ToolIndexZero,
    ToolIndexFromOne,
    ToolRepeats,
    ToolWhole,
    ToolsInterleaved,
    NullDelta,
    NoRole,
    RoleRepeated,
    NoChoices,
    NullChoices,
    FinishWithContent,
    FinishEmpty,
    UnknownMembers,
    IdsDiffer,
}

/// Every shape by its name; the README has what each does.
pub(crate) const SHAPES: &[(&str, StreamShape)] = &[
    ("cr", StreamShape::Cr),
    ("no_space", StreamShape::NoSpace),
    ("multi_line_data", StreamShape::MultiLineData),
    ("comments", StreamShape::Comments),
    ("empty_data", StreamShape::EmptyData),
    ("event_names", StreamShape::EventNames),
    ("unknown_fields", StreamShape::UnknownFields),
    ("no_done", StreamShape::NoDone),
    ("after_done", StreamShape::AfterDone),
    ("prompt_filter_first", StreamShape::PromptFilterFirst),
    ("usage_on_finish", StreamShape::UsageOnFinish),
    ("usage_twice", StreamShape::UsageTwice),
    ("usage_cumulative", StreamShape::UsageCumulative),
    ("usage_missing", StreamShape::UsageMissing),
    ("usage_with_choice", StreamShape::UsageWithChoice),
    ("tool_index_missing", StreamShape::ToolIndexMissing),
    ("tool_index_zero", StreamShape::ToolIndexZero),
    ("tool_index_from_one", StreamShape::ToolIndexFromOne),
    ("tool_repeats", StreamShape::ToolRepeats),
    ("tool_whole", StreamShape::ToolWhole),
    ("tools_interleaved", StreamShape::ToolsInterleaved),
    ("null_delta", StreamShape::NullDelta),
    ("no_role", StreamShape::NoRole),
    ("role_repeated", StreamShape::RoleRepeated),
    ("no_choices", StreamShape::NoChoices),
    ("null_choices", StreamShape::NullChoices),
    ("finish_with_content", StreamShape::FinishWithContent),
    ("finish_empty", StreamShape::FinishEmpty),
    ("unknown_members", StreamShape::UnknownMembers),
    ("ids_differ", StreamShape::IdsDiffer),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_by_its_name() {
        for (name, shape) in SHAPES {
            assert_eq!(serde_json::from_value::<StreamShape>((*name).into()).unwrap(), *shape);
        }
    }
}
