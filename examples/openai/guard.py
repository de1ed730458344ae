"""What the gateway's guard does, as the official SDK sees it. Reads OPENAI_BASE_URL and OPENAI_API_KEY."""

from openai import BadRequestError, OpenAI

client = OpenAI()
MODEL = "gpt-4o-mini"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "deploy",
            "parameters": {"type": "object", "properties": {"token": {"type": "string"}}, "required": ["token"]},
        },
    }
]

print("# A card number is refused before anything is sent")
try:
    client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Please charge 4111 1111 1111 1111."}]
    )
except BadRequestError as error:
    print(error.status_code, error.code, error.param)

print("# An e-mail address in a tool's result is redacted on its way to the model")
completion = client.chat.completions.create(
    model=MODEL,
    messages=[
        {"role": "user", "content": "Who is customer 7?"},
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "customer", "arguments": '{"id": 7}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": '{"name": "Zoë", "mail": "zoe@example.com"}'},
    ],
)
print(completion.choices[0].message.content)
print(completion.promptgate["guard"]["input"])

print("# A key in the streamed arguments of a tool is redacted, and they stay JSON")
arguments = ""
stream = client.chat.completions.create(
    model=MODEL, messages=[{"role": "user", "content": "Deploy it."}], tools=TOOLS, stream=True
)
for chunk in stream:
    for choice in chunk.choices:
        for call in choice.delta.tool_calls or []:
            arguments += call.function.arguments or ""
print(arguments)
