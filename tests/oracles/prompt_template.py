"""Document 004's model of a prompt template, rewritten: each line of the standard input is a JSON text, each line of
the output the faults by which it is refused, [{"path", "code"}]."""
import json
import re
import sys
from typing import Dict, List, Optional

from pydantic import BaseModel, Field, ValidationError, field_validator

PHRASES = re.compile(
    r"ignore\s+previous\s+instructions|system\s+prompt\s+override|begin\s+secret\s+mode"
    r"|<\|im_start\|>|<\|im_end\|>|^[A-Z\s]*YOU\s+ARE\s+NOW\s+AN\s+AI",
    re.IGNORECASE,
)


class PromptTemplate(BaseModel):
    name: str = Field(min_length=3, max_length=128)
    description: Optional[str] = None
    system_instruction: str
    user_template: str
    variables: List[str] = Field(default_factory=list)
    max_tokens: int = Field(default=4096, ge=256, le=128000)
    safety_guardrails: Dict[str, bool] = Field(default_factory=dict)

    @field_validator("system_instruction", "user_template")
    @classmethod
    def without_phrases(cls, text: str) -> str:
        if PHRASES.search(text):
            raise ValueError("phrase")
        return text


for line in sys.stdin:
    faults = []
    try:
        PromptTemplate(**json.loads(json.loads(line)))
    except ValidationError as error:
        faults = [{"path": "$." + ".".join(map(str, fault["loc"])), "code": fault["type"]} for fault in error.errors()]
    except (TypeError, ValueError):
        faults = [{"path": "$", "code": "no_object"}]
    print(json.dumps(faults))
