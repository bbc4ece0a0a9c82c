"""Tables that are distinguished by one key, in a form that works in all editors.

A `oneOf` over the classes, the usual form, works badly in editors: completion of an incomplete table offers everything
or nothing, and a mistake is reported as "matches none of 160". So each class is an `if` on the key with its definition
as `then`, which validates and produces the messages. The same definitions are repeated in an `anyOf` that is always
true, for TOML language servers, which do not read `then`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.core.schema import patterns
from seqspec.core.schema.value_schema import Schema, enumeration

CLOSED = ".closed"
"""Suffix of the strict definition of a class, which requires its required keys and accepts no others."""


class Branch(NamedTuple):
    """One class: its definition, its names (the canonical one first) and its description.

    The definition has the canonical name as a constant, so that engines select it without trying all, and neither
    requires nor forbids other keys, so that an incomplete table matches too. `definition` with the suffix `CLOSED` is
    the strict one, which accepts all names.
    """

    definition: str
    names: tuple[str, ...]
    doc: str


def dispatch(
    key: str, branches: Sequence[Branch], description: Schema, folded: bool = False, structure: bool = True
) -> Schema:
    """The keywords for a table whose `key` names its class.

    `description` holds the keywords that explain the key; with `folded`, letter case is ignored. A table
    without the key is not checked here.
    Without `structure` the definitions are only in the conditions. This is for tables that many classes contain: an
    engine that tries all classes at every level would try all combinations.
    """
    offered = {branch.names[0]: branch.doc for branch in branches}
    out: Schema = {
        "properties": {key: {**description, "type": "string", "anyOf": [True, enumeration(offered)]}},
        # Each `then` is closed; some engines reject keys that `then` allows and the table itself does not.
        "additionalProperties": True,
        "allOf": [require_known_name(key, branches, folded), *(_branch(key, branch, folded) for branch in branches)],
        "anyOf": [True],
    }
    if structure:
        out["anyOf"].append({"oneOf": [{"$ref": f"#/$defs/{branch.definition}"} for branch in branches]})
    return out


def require_known_name(key: str, branches: Sequence[Branch], folded: bool = False) -> Schema:
    """Requires that the key names one of the classes, unless it refers to a variable."""
    names = [name for branch in branches for name in branch.names]
    closed: Schema = {"enum": names}
    if folded:
        closed = {"pattern": patterns.one_of(dict.fromkeys(map(str.lower, names)), folded)}
    refers = {"type": "string", "pattern": patterns.either((patterns.REFERENCE, patterns.INSIDE))}
    return {"if": has_keys({key: refers}), "else": {"properties": {key: closed}, "additionalProperties": True}}


def has_keys(properties: Mapping[str, object]) -> Schema:
    """The condition that a table has these keys with matching values."""
    required = list(properties)
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": True}


def lacks_keys(*keys: str) -> Schema:
    """The condition that a table has none of these keys."""
    absent = (
        {"not": {"anyOf": [{"required": [key]} for key in keys]}} if len(keys) > 1 else {"not": {"required": [*keys]}}
    )
    return {"type": "object", "additionalProperties": True, **absent}


def _branch(key: str, branch: Branch, folded: bool) -> Schema:
    name: Schema = {"enum": list(branch.names)} if len(branch.names) > 1 else {"const": branch.names[0]}
    if folded:
        lower = dict.fromkeys(map(str.lower, branch.names))
        name = {"type": "string", "pattern": patterns.one_of(lower, folded)}
    return {"if": has_keys({key: name}), "then": {"$ref": f"#/$defs/{branch.definition}{CLOSED}"}}
