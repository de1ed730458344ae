"""The README's walks by a client that openapi-python-client generates from the OpenAPI document."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from promptgate_client import AuthenticatedClient  # noqa: E402
from promptgate_client.api.default import (  # noqa: E402
    configure_model,
    create_template,
    execute_template,
    guard,
    invoke_model,
    lint,
    read_template,
    submit_model,
    update_template,
    watch_model,
)
from promptgate_client.models import (  # noqa: E402
    ExecuteRequest,
    GuardRequest,
    Invocation,
    LintRequest,
    ModelConfiguration,
    ModelDefinition,
    PromptTemplate,
)

given = json.load(sys.stdin)
client = AuthenticatedClient(base_url=given["url"], token=given["key"], raise_on_unexpected_status=True, timeout=60)
found = {}

report = guard.sync(client=client, body=GuardRequest.from_dict(given["text"]))
found["guard"] = str(report.action)
found["lint"] = len(lint.sync(client=client, body=LintRequest.from_dict({"text": "Hello {{name", "kind": "text"})).findings)

made = create_template.sync_detailed(client=client, body=PromptTemplate.from_dict(given["order"]))
template = json.loads(made.content)["id"]
read = read_template.sync_detailed(template, client=client)
changed = PromptTemplate.from_dict({**given["order"], "id": template, "description": "changed"})
tag = read.headers["etag"]
first = update_template.sync_detailed(template, client=client, body=changed, if_match=tag)
late = update_template.sync_detailed(template, client=client, body=changed, if_match=tag)
found["update"], found["late"], found["why"] = first.status_code, late.status_code, str(late.parsed.code)
execute = ExecuteRequest.from_dict(given["execute"])
client = client.with_headers({"accept": "application/json"})
found["executed"] = json.loads(execute_template.sync_detailed(template, client=client, body=execute).content)["status"]

model = json.loads(submit_model.sync_detailed(client=client, body=ModelDefinition.from_dict(given["definition"])).content)["model"]["id"]
watch_model.sync_detailed(model, client=client.with_headers({"accept": "*/*"}))
configuration = ModelConfiguration.from_dict({**given["configuration"], "model_id": model})
found["configured"] = configure_model.sync_detailed(model, client=client, body=configuration).status_code
answer = invoke_model.sync_detailed(model, client=client, body=Invocation.from_dict({"input": "My router has been offline."}))
found["invoked"] = answer.status_code
print(json.dumps(found))
