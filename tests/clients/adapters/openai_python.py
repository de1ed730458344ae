"""openai-python, driven over standard input: a command a line in, its outcome a line out."""

import json
import sys

import openai


def client(target):
    retries, headers = target.get("retries", 0), target.get("headers")
    return openai.OpenAI(base_url=target["url"], api_key=target["key"], max_retries=retries, default_headers=headers)


def whole(target, body):
    return client(target).chat.completions.create(**body).model_dump()


def stream(target, body):
    return [chunk.model_dump() for chunk in client(target).chat.completions.create(**body)]


def helper(target, body):
    body.pop("stream")
    with client(target).chat.completions.stream(**body) as events:
        for _ in events:
            pass
        return events.get_final_completion().model_dump()


def models(target, _):
    ids = [model.id for model in client(target).models.list()]
    return {"ids": ids, "one": client(target).models.retrieve(ids[0]).id}


def embeddings(target, text):
    made = client(target).embeddings.create(model="text-embedding-3-small", input=text)
    return [item.embedding for item in made.data]


def failure(error):
    body = error.body if isinstance(getattr(error, "body", None), dict) else {}
    return {
        "name": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "code": getattr(error, "code", None),
        "type": body.get("type"),
        "message": str(error),
    }


COMMANDS = {f.__name__: f for f in (whole, stream, helper, models, embeddings)}
for line in sys.stdin:
    command = json.loads(line)
    try:
        outcome = {"result": COMMANDS[command["do"]](command["target"], command.get("body"))}
    except Exception as error:  # the client's errors are what is tested
        outcome = {"failure": failure(error)}
    print(json.dumps(outcome), flush=True)
