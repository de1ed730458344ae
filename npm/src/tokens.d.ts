/** The packed vocabulary, for `loadVocabulary`. */
declare const packed: Uint8Array;
