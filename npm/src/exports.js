// What every entry exports.
export {
  countTokens, explain, fix, ignore, init, lint, loadVocabulary, prepareChat, render, rules, sarif, validateChat, verifyAudit,
  verifyAuditPart, vocabularyOf,
} from "./api.js";
