"""Regular expressions for the names of variables."""

import re

is_quick = re.compile(r"[\w/.^$|-]*").fullmatch
"""Whether a regular expression is so plain that no text keeps it busy."""


def is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
