//! PII, secrets and prompt injection in text, whole or streamed.
