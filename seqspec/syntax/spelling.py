"""What to write, in the spelling of a JSON document or of a Keras program.

Violations say it as TOML does: `{ type = "Rescaling", scale = 2.0 }`, `padding = "same"`, `[fit]`.
"""

from __future__ import annotations

import re

_KEY = re.compile(r"(?<![\w\"'.$])(\w+) = (?=\S)")
_TABLE = re.compile(r"(?<!=) \[(?:([a-z]+)\.)?(\w*[A-Za-z]\w*)\]")
_OF_TOML = re.compile(r", or [^,]*(?:\[\[| header )[^,]*")


def in_json(words: str) -> str:
    """The words, with what they say to write as a JSON document has it."""
    words = _OF_TOML.sub("", words)
    words = _KEY.sub(r'"\1": ', words)
    return _TABLE.sub(lambda found: f' "{found[2]}"' + (f' in "{found[1]}"' if found[1] else ""), words)


_LAYER = re.compile(r'\{ type = "(\w+)"(?:, ([^{}]*?))? \}')
_CALLS = {"compile": "compile()", "fit": "fit()", "model": "the model"}
_LITERAL = re.compile(r"(?<==)(true|false)\b")


def in_python(words: str) -> str:
    """The words, with what they say to write as a Keras program has it."""
    words = _OF_TOML.sub("", words)
    before = None
    while before != words:
        before = words
        words = _LAYER.sub(lambda found: f"{found[1]}({found[2] or ''})", words)
    words = _KEY.sub(r"\1=", words)
    words = _LITERAL.sub(lambda found: found[1].capitalize(), words)
    return _TABLE.sub(lambda found: f" {_CALLS.get(found[2], found[2])}", words)
