"""Unknown keys of a table, each with the nearest known one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqspec.diagnostics.snippet import Help, TableName
from seqspec.diagnostics.suggest import suggest
from seqspec.diagnostics.violation import Path, Violation
from seqspec.language.keys import ELSEWHERE, TOP_LEVEL


def check_keys(
    tree: Mapping[str, Any], known: Sequence[str], where: str, violations: list[Violation], at: Path = ()
) -> Mapping[str, Any]:
    """Appends a problem for every key that is not `known`; keys that begin with `x-` are the author's own.

    Returns the table with recovered keys, so that a misspelt key is not also reported as missing.
    """
    meant = tree
    for key, value in tree.items():
        if key in known or key[:2] == "x-":
            continue
        if isinstance(value, Mapping) and key in TOP_LEVEL:
            otherwise: str | Help = Help("write ", TableName((key,)), ", which is a table of its own")
        else:
            otherwise = ELSEWHERE.get(key) or f"{where} accepts {', '.join(known)}"
        near = suggest(key, [name for name in known if name not in tree], otherwise)
        violations.append(
            Violation(
                "unknown-key",
                f"unknown key {key} in {where}",
                path=(*at, key),
                anchor="key",
                **near.arguments(),
            )
        )
        if near.word:
            meant = {**meant, near.word: value}
    return meant
