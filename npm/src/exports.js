// What every entry exports.
export {
  countTokens, explain, fix, init, lint, loadVocabulary, prepareChat, render, rules, sarif, validateChat, vocabularyOf,
} from "./api.js";
