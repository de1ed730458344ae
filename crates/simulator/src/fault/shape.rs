//! The table of stream shapes: what servers that speak OpenAI's wire really send. None of them is an error.

use serde::Deserialize;

/// One habit of a server.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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

impl StreamShape {
    /// Every shape; the README has what each does.
    pub(crate) const ALL: &[Self] = <Self as strum::VariantArray>::VARIANTS;

    /// Its name in rules.
    pub(crate) fn name(self) -> &'static str {
        self.into()
    }
}
