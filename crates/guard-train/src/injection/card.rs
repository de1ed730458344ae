//! The model card.
use super::corpus::Message;
pub(crate) fn card(messages: &[Message], table: &[u8]) -> String {
    let _ = table;
    super::report::sources(messages)
}
