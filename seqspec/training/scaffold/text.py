"""Pieces of TOML, the names in a spec, and the words in the names of columns."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seqspec.core.api.messages import quoted, toml_key, visible

Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"]
MAX_COMMENT = 150


class Draft(NamedTuple):
    """A spec for data.

    Attributes:
        text: The spec as TOML.
        lines: What was decided and why: pairs of a word and a text.
        dictionary: The rows of the data dictionary, the header first; empty for data without columns.
    """

    text: str
    lines: list[tuple[str, str]]
    dictionary: list[list[str]]


def toml(value: Value) -> str:
    """The literal of a value, in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A dollar sign begins the name of a variable.
        return quoted(value.replace("$", "$$"))
    if isinstance(value, Mapping):
        inside = ", ".join(f"{toml_key(key)} = {toml(element)}" for key, element in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(toml, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)


def comment(text: str) -> str:
    """A text that cannot end a comment: without control characters, and short."""
    shown = comment_line(text)
    return shown if len(shown) <= MAX_COMMENT else f"{shown[: MAX_COMMENT - 1]}…"


def layer_name(name: str, otherwise: str = "output") -> str:
    """A name of a layer for that of a column; never the default name of another layer."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_").lower()
    own = re.match(r"(dense|dropout|input|flatten|embedding|conv|lstm|text_vectorization)(_|$)", plain)
    return plain if plain and plain[0].isalpha() and not own else otherwise


def file_stem(path: str) -> str:
    """The name of a file or folder without its suffixes."""
    return Path(os.path.abspath(path)).name.partition(".")[0] or "data"


def model_name(path: str) -> str:
    """The name of the model for data in a file or folder."""
    return layer_name(file_stem(path), "model")


def header(arguments: Sequence[str]) -> str:
    """The command that writes the spec, as a comment."""
    return f"# {comment_line(f'seqspec {shlex.join(arguments)}')}"


def comment_line(text: str) -> str:
    """A text without control characters, and without the mark of a suppression."""
    return visible(text.replace("\n", " ").replace("seqspec:", "seqspec :"))


def words_of(name: str) -> str:
    """The words of the name of a column, in lower case and without accents: customerId is "customer id"."""
    plain = "".join(
        character for character in unicodedata.normalize("NFKD", name) if not unicodedata.combining(character)
    )
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return re.sub(r"[^a-z0-9]+", " ", spaced.lower()).strip()
