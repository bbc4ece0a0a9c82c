"""The explanations that a schema carries: from the catalogue's own words, as plain text and as Markdown."""

from __future__ import annotations

import json
from typing import Any

from pydantic.fields import FieldInfo

from seqspec.catalog.keras_object import KerasObject
from seqspec.catalog.markers import Since, field_type, marker
from seqspec.catalog.plain import tree_of
from seqspec.catalog.validation import describe

Schema = dict[str, Any]


def summary(declared: type[KerasObject]) -> str:
    """The first line of what a class says of itself."""
    return next(iter((declared.__doc__ or "").strip().splitlines()), "")


def explained(description: str, markdown: str | None = None) -> Schema:
    """The two keywords for an explanation."""
    return {"description": description, "markdownDescription": markdown or description}


def argument_words(argument: FieldInfo) -> Schema:
    """What an argument is, which values it takes, its default."""
    takes = f"Must be {describe(field_type(argument))}."
    about = argument.description or ""
    given = [about, takes]
    marked = [about, f"\n\n{takes}"]
    if argument.is_required():
        given.append("Required.")
        marked.append("**Required.**")
    else:
        value = json.dumps(default(argument), ensure_ascii=False)
        given.append(f"Default: {value}.")
        marked.append(f"Default: `{value}`.")
    since = marker(argument.metadata, Since)
    if since is not None:
        given.append(f"Since Keras {since.version}.")
        marked.append(f"Since Keras {since.version}.")
    return explained(" ".join(given), " ".join(marked).replace(" \n\n", "\n\n"))


def default(argument: FieldInfo) -> Any:
    """The default as a document writes it."""
    return listed(tree_of(argument.default))


def listed(value: object) -> object:
    """A value as JSON holds it: lists for tuples."""
    return [listed(item) for item in value] if isinstance(value, (list, tuple)) else value


def class_words(declared: type[KerasObject], others: tuple[str, ...] = ()) -> Schema:
    """What a class is, what it requires, its other names, since when it is there."""
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
    return explained(" ".join(given), "".join(marked))
