"""Renders templates as Python does: rows of {engine, text, values} as JSON lines in, {out} or {error} out."""

import json
import sys

from jinja2 import Environment

JINJA = Environment()

for line in sys.stdin:
    row = json.loads(line)
    try:
        if row["engine"] == "jinja":
            out = JINJA.from_string(row["text"]).render(**row["values"])
        else:
            out = row["text"].format(**row["values"])
        print(json.dumps({"out": out}))
    except Exception as error:  # whatever the engine says of a template is what is asked for
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
