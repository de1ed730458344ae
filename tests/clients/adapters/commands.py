"""The loop of an adapter: a command a line over standard input, its outcome a line out."""

import json
import sys


def failure(error):
    body = error.body if isinstance(getattr(error, "body", None), dict) else {}
    return {
        "name": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "code": getattr(error, "code", None),
        "type": body.get("type"),
        "message": str(error),
    }


def serve(*commands):
    """Runs each line's command by its function's name, until there are no more lines."""
    named = {command.__name__: command for command in commands}
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            outcome = {"result": named[asked["do"]](asked["target"], asked.get("body"))}
        except Exception as error:  # the client's errors are what is tested
            outcome = {"failure": failure(error)}
        print(json.dumps(outcome), flush=True)
