"""LangChain's ChatOpenAI, driven over standard input: a command a line in, its outcome a line out."""

from langchain_core.messages import convert_to_messages
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from commands import serve


def settings(target):
    headers = target.get("headers")
    access = {"base_url": target["url"], "api_key": target["key"], "default_headers": headers}
    return access | {"max_retries": target.get("retries", 0)}


def runnable(target, body):
    chat = ChatOpenAI(model=body["model"], stream_usage=True, **settings(target))
    if "tools" in body:
        parallel = {"parallel_tool_calls": False} if body.get("parallel_tool_calls") is False else {}
        return chat.bind_tools(body["tools"], **parallel)
    if "response_format" in body:
        return chat.bind(response_format=body["response_format"])
    return chat


def result(message):
    content = message.content
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    usage = message.usage_metadata
    return {
        "texts": [text],
        "calls": [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls],
        "finish": message.response_metadata.get("finish_reason"),
        "usage": usage and {"input": usage["input_tokens"], "output": usage["output_tokens"]},
        "reasoning": message.additional_kwargs.get("reasoning_content", ""),
    }


def whole(target, body):
    return result(runnable(target, body).invoke(convert_to_messages(body["messages"])))


def stream(target, body):
    message = None
    for chunk in runnable(target, body).stream(convert_to_messages(body["messages"])):
        message = chunk if message is None else message + chunk
    return result(message)


def embeddings(target, texts):
    model = OpenAIEmbeddings(model="text-embedding-3-small", check_embedding_ctx_length=False, **settings(target))
    return model.embed_documents(texts)


serve(whole, stream, embeddings)
