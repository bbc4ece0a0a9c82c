"""What to write, in the spelling of a JSON document.

Problems say it as TOML does: `{ type = "Rescaling", scale = 2.0 }`, `padding = "same"`, `[fit]`.
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
