"""Tables that are distinguished by one key, in the one shape that serves all editors.

`oneOf` over the classes is what a schema usually says here, and what editors serve worst: completion of a half-typed
table offers everything or nothing, and a mistake is reported as "matches none of 160". So each class is an `if` on the
key with its definition as `then`, which returns the verdict and the messages, and the same definitions are once more
in an `anyOf` that is always true: from there the TOML servers, which never look into `then`, know what there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqspec.schema import patterns
from seqspec.schema.slots import Schema, enumeration

CLOSED = ".closed"
"""Suffix of the strict definition of a class, which requires its required keys and accepts no others."""


class Branch(NamedTuple):
    """One class: the definition that describes it, the words that name it (the usual one first), what it is.

    The definition has the usual name as a constant, by which engines find the one without trying all, and leaves open
    what else a table holds and lacks, so that a half-typed table finds it too. `definition` with `CLOSED` after it
    is the strict one, which takes any of the names.
    """

    definition: str
    names: tuple[str, ...]
    doc: str


def dispatch(
    key: str, branches: Sequence[Branch], words: Schema, folded: bool = False, structure: bool = True
) -> Schema:
    """The keywords for a table whose `key` names its class.

    `words` explain the key; `folded` names are read in any letter case. What has no such key is not looked at here.
    Without `structure` the definitions are in the conditions alone, for a table that many classes hold: an engine
    that tries all classes at every level would try the product of them.
    """
    offered = {branch.names[0]: branch.doc for branch in branches}
    out: Schema = {
        "properties": {key: {**words, "type": "string", "anyOf": [True, enumeration(offered)]}},
        # Each `then` is closed; some engines complain of what one allows where the table itself does not.
        "additionalProperties": True,
        "allOf": [known(key, branches, folded), *(_branch(key, branch, folded) for branch in branches)],
        "anyOf": [True],
    }
    if structure:
        out["anyOf"].append({"oneOf": [{"$ref": f"#/$defs/{branch.definition}"} for branch in branches]})
    return out


def known(key: str, branches: Sequence[Branch], folded: bool = False) -> Schema:
    """Requires that the key names one of the classes, unless it refers to a variable."""
    names = [name for branch in branches for name in branch.names]
    closed: Schema = {"enum": names}
    if folded:
        closed = {"pattern": patterns.one_of(dict.fromkeys(map(str.lower, names)), folded)}
    refers = {"type": "string", "pattern": patterns.either((patterns.REFERENCE, patterns.INSIDE))}
    return {"if": having({key: refers}), "else": {"properties": {key: closed}, "additionalProperties": True}}


def having(properties: Mapping[str, object]) -> Schema:
    """The condition that a table has these keys with such values."""
    required = list(properties)
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": True}


def lacking(*keys: str) -> Schema:
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
    return {"if": having({key: name}), "then": {"$ref": f"#/$defs/{branch.definition}{CLOSED}"}}
