"""Reads an export of spans by OTLP's own schema, strictly, and prints what it holds as JSON."""

import base64
import json
import sys

from google.protobuf.json_format import MessageToDict, Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

text = json.load(sys.stdin)
for resource in text["resourceSpans"]:
    for scope in resource["scopeSpans"]:
        for span in scope["spans"]:
            for name in ("traceId", "spanId", "parentSpanId"):
                if name in span:
                    # OTLP/JSON has ids in hexadecimal where other messages have Base64.
                    span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
request = Parse(json.dumps(text), ExportTraceServiceRequest())
for resource in request.resource_spans:
    for scope in resource.scope_spans:
        for span in scope.spans:
            assert len(span.trace_id) == 16 and len(span.span_id) == 8, "ids"
            assert span.end_time_unix_nano >= span.start_time_unix_nano > 0, "times"
print(json.dumps(MessageToDict(request)))
