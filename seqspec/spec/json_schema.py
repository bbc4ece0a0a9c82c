"""Failures of a JSON Schema as problems in the language's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seqspec.catalog.kinds import shorten, show_value
from seqspec.diagnostics.problem import Problem

_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a string",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "null",
}


def violations(schema: Mapping[str, Any], value: Any) -> Iterator[Problem]:
    """The problems of a value under a schema, each at its path within the value; nothing is fetched for a `$ref`."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    validator = Draft202012Validator(schema, registry=Registry())
    try:
        for error in validator.iter_errors(value):
            yield from _problems(best_match([error]) or error)
    except Unresolvable as error:
        yield Problem("policy", f"the schema refers to {shorten(str(error.ref))}, which it does not contain")
    except RecursionError:
        yield Problem("policy", "the schema refers to itself without end")


def _problems(error: Any) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    name = f"{path[-1]} " if path else ""
    limit = error.validator_value
    if error.validator == "additionalProperties" and limit is False:
        known = list(error.schema.get("properties", {}))
        for key in error.instance:
            if key not in known:
                yield _unknown(key, known, path)
        return
    if error.validator == "required":
        missing = [key for key in limit if key not in error.instance]
        yield Problem("policy", f"{', '.join(missing)} must be given", path=path)
        return
    if error.validator == "type":
        wanted = " or ".join(_TYPES[kind] for kind in ([limit] if isinstance(limit, str) else limit))
        message = f"{name}needs {wanted}, got {show_value(error.instance)}"
    elif error.validator in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        words = {
            "minimum": "at least",
            "exclusiveMinimum": "more than",
            "maximum": "at most",
            "exclusiveMaximum": "less than",
        }[error.validator]
        message = f"{name}needs {words} {limit}, got {shorten(str(error.instance))}"
    elif error.validator in ("enum", "const"):
        allowed = limit if error.validator == "enum" else [limit]
        words = ", ".join(show_value(item).removeprefix("the string ") for item in allowed)
        message = f"{name}needs one of {words}, got {show_value(error.instance)}"
    else:
        message = f"{name}{shorten(error.message, 200)}"
    description = error.schema.get("description") if isinstance(error.schema, Mapping) else None
    yield Problem("policy", message, path=path, help=description)


def _unknown(key: str, known: list[str], path: tuple[str | int, ...]) -> Problem:
    from seqspec.language.names import nearest

    near = nearest(key, known)
    return Problem(
        "policy",
        f"there is no {key}",
        path=(*path, key),
        on="key",
        label=f"did you mean {near}?" if near else None,
        help=f"write {near}" if near else f"known are {', '.join(known)}" if known else None,
    )
