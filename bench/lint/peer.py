"""promptlint-cli's engine on the same prompts, in its own process: the least milliseconds, as JSON by file."""

import json
import pathlib
import sys
import time

from promptlint.engine import LintEngine
from promptlint.utils.config import PromptlintConfig

engine = LintEngine(PromptlintConfig())
least = {}
for name in sys.argv[1:]:
    text = pathlib.Path(name).read_text(encoding="utf-8")
    # quadratic in places: twice has to do for what takes seconds
    for _ in range(20 if len(text) < 10_000 else 2):
        start = time.perf_counter()
        engine.analyze(text)
        least[name] = min(least.get(name, float("inf")), (time.perf_counter() - start) * 1000)
json.dump(least, sys.stdout)
