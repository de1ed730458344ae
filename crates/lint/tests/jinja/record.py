#!/usr/bin/env python3
"""Records what a real Jinja says of generated and damaged templates: python3 record.py > rows.jsonl, and of such with
line statements: python3 record.py lines > lines.jsonl

Needs jinja2 (3.1) from PyPI; the test that reads the rows needs nothing. The same seed gives the same rows.
"""
import json
import random
import sys

from jinja2 import Environment, TemplateSyntaxError

LINES = "lines" in sys.argv
ENVIRONMENT = Environment(
    extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    line_statement_prefix="#" if LINES else None,
    line_comment_prefix="##" if LINES else None,
)
RANDOM = random.Random(20261126)
NAMES = ["name", "user", "items", "o", "loop", "x1", "größe", "_a"]
FILTERS = ["upper", "default('a')", "join(', ')", "tojson", "map(attribute='id')", "a.b", "length"]
TESTS = ["defined", "not none", "divisibleby 3", "in [1]", "eq(2)", "sameas false", "not defined"]
PIECES = ["{{", "}}", "{%", "%}", "{#", "#}", "-", "|", "(", ")", "[", "]", "{", "}", "'", '"', ",", ".", ":", "=", "if",
          "else", "endif", "endfor", "is", "not", " ", "\n", "in", "raw", "endraw", "~", "**", "//", "!", "$", "\\", "1.", ".5"]


def expression(depth):
    pick = RANDOM.randrange(20 if depth > 0 else 7)
    inner = lambda: expression(depth - 1)
    if pick < 3:
        return RANDOM.choice(NAMES)
    if pick == 3:
        return RANDOM.choice(["1", "0", "2.5", "1e3", "0x1f", "1_000", "0b1", "00", "1.0e-2"])
    if pick == 4:
        return RANDOM.choice(["'a'", '"b"', "'it\\'s'", '"{{ x }}"', "'a' 'b'", "'%}'", "''"])
    if pick == 5:
        return RANDOM.choice(["true", "none", "False"])
    if pick == 6:
        return RANDOM.choice(NAMES) + "." + RANDOM.choice(["id", "name.first", "0", "items()", "0.1"])
    if pick == 7:
        return f"{inner()} | {RANDOM.choice(FILTERS)}"
    if pick == 8:
        return f"{inner()} is {RANDOM.choice(TESTS)}"
    if pick == 9:
        return f"{inner()} {RANDOM.choice(['+', '-', '*', '/', '//', '%', '**', '~'])} {inner()}"
    if pick == 10:
        return f"{inner()} {RANDOM.choice(['==', '!=', '<', '>=', 'in', 'not in', 'and', 'or'])} {inner()}"
    if pick == 11:
        return f"{inner()} if {inner()}" + RANDOM.choice(["", f" else {inner()}"])
    if pick == 12:
        return f"({inner()})"
    if pick == 13:
        return f"[{inner()}, {inner()}{RANDOM.choice(['', ','])}]"
    if pick == 14:
        return f"{{{RANDOM.choice(['', f'{inner()}: {inner()}'])}}}"
    if pick == 15:
        return f"{RANDOM.choice(NAMES)}[{RANDOM.choice(['0', ':2', '1:', '::2', inner(), chr(39) + 'id' + chr(39), '1, 2', ':'])}]"
    if pick == 16:
        arguments = [[inner()], [inner(), "k=" + inner()], ["*" + inner()], ["k=1", "**" + inner()], ["k=1", inner()], []]
        return f"{RANDOM.choice(NAMES)}({', '.join(RANDOM.choice(arguments))})"
    if pick == 17:
        return f"not {inner()}"
    if pick == 18:
        return f"-{inner()}"
    return f"({inner()}, {inner()})"


def statement(body):
    """A line statement, or a tag where it would stand behind other text."""
    if RANDOM.random() < 0.2:
        return f"{{% {body} %}}"
    return f"\n{RANDOM.choice(['', '  ', chr(9)])}#{RANDOM.choice(['', '-', ''])} {body}{RANDOM.choice(['', '', '', ':', ':', ' ## note'])}\n"


def block(depth):
    inner = lambda: template(depth - 1)
    value = lambda: expression(2)
    mark = lambda: RANDOM.choice(["", "", "-", "+"])
    tag = statement if LINES else lambda body: f"{{%{mark()} {body} {RANDOM.choice(['', '', '-'])}%}}"
    pick = RANDOM.randrange(16 if depth > 0 else 6)
    if pick < 2:
        return f"{{{{ {value()} }}}}"
    if pick == 2:
        return RANDOM.choice(["{# note #}", "{#- a\nb -#}", "{{- name -}}", "{{ a, b }}"])
    if pick == 3:
        return tag(f"set {RANDOM.choice(['a', 'a, b', 'ns.a', '(a, b)', 'a.b.c', 'true'])} = {value()}")
    if pick == 4:
        return RANDOM.choice(["a ## note\n", "## a {{ b", "\n# not", "x # y"] if LINES else []) if LINES and RANDOM.random() < 0.3 else RANDOM.choice(["Hello.", "a { b } c", "\n", "100 %", "{ % }", "\\"])
    if pick == 5:
        return tag(RANDOM.choice(["include 'a'", "include a ignore missing", "extends 'b'", "import 'c' as d",
                                  "from 'c' import d, e as f", "from 'c' import d with context", "do a.append(1)",
                                  "break", "include 'a' ignore", "print a, b", "unknown x", "from 'c' import _d", "set a"]))
    if pick == 6:
        return tag(f"if {value()}") + inner() + tag(f"elif {value()}") + inner() + tag("else") + inner() + tag("endif")
    if pick == 7:
        return tag(f"if {value()}") + inner() + tag("endif")
    if pick in (8, 9):
        head = RANDOM.choice(["o in items", "a, b in items", "(a, b) in items", "o in items if o", "o in items recursive",
                              "o.a in items", f"o in {value()}"])
        return tag(f"for {head}") + inner() + RANDOM.choice(["", tag("else") + inner()]) + tag("endfor")
    if pick == 10:
        return tag("set a") + inner() + tag("endset")
    if pick == 11:
        return tag(f"macro m({RANDOM.choice(['', 'a', 'a, b=1', 'a=1, b', 'a,'])})") + inner() + tag("endmacro")
    if pick == 12:
        return tag(RANDOM.choice(["call m()", "call(x) m(x)", "call m"])) + inner() + tag("endcall")
    if pick == 13:
        return tag("filter upper") + inner() + tag("endfilter")
    if pick == 14:
        raw = (lambda body: f"{{% {body} %}}") if LINES else tag
        return raw("raw") + RANDOM.choice(["{{ x", "{% if %}", "a"]) + raw("endraw")
    return tag(RANDOM.choice([f"with a = {value()}", "with", "block b", "block c scoped"])) + inner() + \
        tag(RANDOM.choice(["endwith", "endblock", "endblock b"]))


def template(depth):
    return "".join(block(depth) + RANDOM.choice(["", " ", "\n"]) for _ in range(RANDOM.randrange(1, 3)))


def damaged(text):
    for _ in range(RANDOM.randrange(1, 3)):
        at = RANDOM.randrange(len(text) + 1)
        pick = RANDOM.randrange(3)
        if pick == 0:
            text = text[:at] + text[at + RANDOM.randrange(1, 4):]
        elif pick == 1:
            text = text[:at] + RANDOM.choice(PIECES) + text[at:]
        else:
            text = text[:at] + text[at:][::-1][:2] + text[at + 2:]
    return text


def said(text):
    try:
        ENVIRONMENT.parse(text)
        return None
    except TemplateSyntaxError as error:
        return {"line": error.lineno, "message": error.message}


def main():
    seen = set()
    while len(seen) < (600 if LINES else 2000):
        text = template(3)
        if RANDOM.random() < 0.5:
            text = damaged(text)
        if len(text) > 160 or text in seen:
            continue
        seen.add(text)
        row = {"text": text}
        error = said(text)
        if error:
            row["error"] = error
        print(json.dumps(row, ensure_ascii=False))


main()
