"""Presidio's pattern recognisers on the same texts, without a named-entity model."""

import json
import sys
import time

import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine


# The list of suffixes inside the package, so that no time goes into asking for a newer one.
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())


class Blank(SpacyNlpEngine):
    """Tokens, but no model: what a rule engine can do alone."""

    def __init__(self):
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}], ner_model_configuration=NerModelConfiguration())
        self.nlp = {"en": spacy.blank("en")}

    def load(self):
        pass


start = time.perf_counter()
analyzer = AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])
print(f"Presidio ready in {time.perf_counter() - start:.1f} s.\n")
print("| text | Presidio |\n|---|---|")
for row in json.load(open(sys.argv[1], encoding="utf-8")):
    # Slow, and quadratic in places: a few kilobytes have to do.
    text = (row["text"] * row["times"])[:4000]
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        analyzer.analyze(text=text, language="en")
        best = min(best, time.perf_counter() - start)
    print(f"| {row['name']} | {len(text.encode()) / best / 1e6:.3f} MB/s |", flush=True)
