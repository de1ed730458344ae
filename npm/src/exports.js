// What every entry exports.
export {
  countTokens, explain, fix, init, lint, loadVocabulary, prepareChat, rules, sarif, validateChat, vocabularyOf,
} from "./api.js";
