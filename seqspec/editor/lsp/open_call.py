"""The call at the cursor in an incomplete shorthand, such as `"adam(0.1, beta_1=`."""

from __future__ import annotations

import re
from typing import NamedTuple

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.editor.lsp.completion_places import Values

_CALL = re.compile(r"\s*(\w+)\s*\(").match
_TOKEN = re.compile(r"'[^']*'?|\"[^\"]*\"?|[][(){},]")
_KEYWORD = re.compile(r"\s*(\w+)\s*=").match


class OpenCall(NamedTuple):
    """A call whose closing parenthesis is not before the cursor.

    Attributes:
        declared: The called class.
        arguments: The text of each argument up to the cursor; the last one is at the cursor, and may be empty.
    """

    declared: type[KerasObject]
    arguments: list[str]

    def names(self) -> list[str | None]:
        """The name of each argument: its keyword, or the parameter at its position; None for too many arguments."""
        order = list(self.declared.model_fields)
        keywords = [found[1] if (found := _KEYWORD(text)) else None for text in self.arguments]
        return [keyword or (order[index] if index < len(order) else None) for index, keyword in enumerate(keywords)]


def open_call(place: Values, text: str) -> OpenCall | None:
    """The call that a shorthand is in at its end; None outside of parentheses and for an unknown class.

    Args:
        place: The values that are possible where the shorthand is.
        text: The shorthand up to the cursor.
    """
    called = _CALL(text)
    if called is None:
        return None
    declared = next((made for kind in place.object_kinds() if (made := kind.class_named(called[1])) is not None), None)
    if declared is None:
        return None
    depth, start = 1, called.end()
    arguments = []
    for token in _TOKEN.finditer(text, start):
        if token[0] in "[({":
            depth += 1
        elif token[0] in "])}":
            depth -= 1
        elif token[0] == "," and depth == 1:
            arguments.append(text[start : token.start()])
            start = token.end()
        if depth == 0:
            return None
    return OpenCall(declared, [*arguments, text[start:]])
