// What every entry exports.
export {
  countTokens, explain, fix, ignore, init, lint, loadVocabulary, prepareChat, render, rules, sarif, validateChat, vocabularyOf,
} from "./api.js";
