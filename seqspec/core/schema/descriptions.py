"""The descriptions in a schema, taken from the catalog, as plain text and as Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic.fields import FieldInfo

from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import Since, marker
from seqspec.core.catalog.plain import tree_of

if TYPE_CHECKING:
    from seqspec.core.schema.value_schema import Schema


def summary(declared: type[KerasObject]) -> str:
    """The first line of the docstring of a class."""
    return next(iter((declared.__doc__ or "").strip().splitlines()), "")


def described(description: str, markdown: str | None = None, /, **keywords: object) -> Schema:
    """The two keywords that describe a value, as text and as Markdown, and further keywords."""
    return {"description": description, "markdownDescription": markdown or description, **keywords}


def describe_argument(argument: FieldInfo) -> Schema:
    """The description of an argument: meaning, accepted values and default."""
    takes = f"Must be {kind_of_field(argument).text}."
    about = argument.description or ""
    given = [about, takes]
    marked = [about, f"\n\n{takes}"]
    if argument.is_required():
        given.append("Required.")
        marked.append("**Required.**")
    else:
        value = json.dumps(json_default(argument), ensure_ascii=False)
        given.append(f"Default: {value}.")
        marked.append(f"Default: `{value}`.")
    since = marker(argument.metadata, Since)
    if since is not None:
        given.append(f"Since Keras {since.version}.")
        marked.append(f"Since Keras {since.version}.")
    return described(" ".join(given), " ".join(marked).replace(" \n\n", "\n\n"))


def json_default(argument: FieldInfo) -> object:
    """The default of an argument as JSON data."""
    return as_json(tree_of(argument.default))


def as_json(value: object) -> object:
    """The value with lists instead of tuples."""
    return [as_json(item) for item in value] if isinstance(value, (list, tuple)) else value


def describe_class(declared: type[KerasObject], others: tuple[str, ...] = ()) -> Schema:
    """The description of a class: summary, required arguments, aliases and the Keras version that introduced it."""
    doc = summary(declared)
    given, marked = [doc], [f"**{declared.__name__}**\n\n{doc}"]
    required = declared.required()
    if required:
        given.append(f"Requires {', '.join(required)}.")
        marked.append(f"\n\nRequires {', '.join(f'`{name}`' for name in required)}.")
    if others:
        given.append(f"Aliases: {', '.join(others)}.")
        marked.append(f"\n\nAliases: {', '.join(f'`{name}`' for name in others)}.")
    if declared.since is not None:
        given.append(f"Since Keras {declared.since}.")
        marked.append(f"\n\nSince Keras {declared.since}.")
    return described(" ".join(given), "".join(marked))
