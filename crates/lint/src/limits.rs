//! The limits of a chat request (requirements, B1).

/// Most system instructions of a request.
pub const MAX_INSTRUCTIONS: usize = 5;
/// Longest system instruction, in UTF-16 code units (the unit of the document's zod).
pub const MAX_INSTRUCTION: usize = 500;
/// Most messages of a conversation.
pub const MAX_MESSAGES: usize = 25;
/// Longest message, in UTF-16 code units.
pub const MAX_CONTENT: usize = 4000;
/// Largest answer, in tokens.
pub const MAX_TOKENS: u64 = 4096;
/// Longest model name, in UTF-16 code units: it is in audit rows and webhooks (no source; ours).
pub const MAX_MODEL_ID: usize = 256;
