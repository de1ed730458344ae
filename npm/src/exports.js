// What every entry exports.
export {
  countTokens, explain, fix, guard, GuardStream, ignore, init, lint, loadVocabulary, prepareChat, redact, render, rules, sarif,
  validateChat, verifyAudit, verifyAuditPart, vocabularyOf,
} from "./api.js";
