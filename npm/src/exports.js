// What every entry exports.
export { countTokens, init, loadVocabulary, prepareChat, validateChat, vocabularyOf } from "./api.js";
