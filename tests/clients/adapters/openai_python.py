"""openai-python, driven over standard input: a command a line in, its outcome a line out."""

import openai

from commands import serve


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


serve(whole, stream, helper, models, embeddings)
