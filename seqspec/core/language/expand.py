"""Expands a document as written to the tree that all later steps use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from seqspec.core.language.expansion import Expansion as Expansion
from seqspec.core.language.needs_expansion import plain_keys
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import LIMITS, Limits

if TYPE_CHECKING:
    from seqspec.core.language.expansion_context import Reader
    from seqspec.core.language.keys import TableKeys


def expand(
    document: Document,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    limits: Limits = LIMITS,
    root: str | None = None,
    read: Reader | None = None,
    tables: TableKeys | None = None,
) -> Expansion:
    """Expands a document; never raises for an invalid one.

    Args:
        document: The document, from `read_source`.
        vars: Values of variables that replace those in the document.
        settings: `PATH=VALUE`, in the syntax of `--set`.
        limits: Limits on the expanded document.
        root: The folder that `extends` may not leave; by default the folder of the project.
        read: Reads the documents that it extends, instead of their files.
        tables: The table of each key; None to skip the check for keys in the wrong table.
    """
    if not document.readable:
        return Expansion(document, {}, list(document.violations), usable=False)
    tree = document.tree
    keys = plain_keys(tree, limits, tables) if not vars and not settings and type(tree) is dict else None
    if keys is not None:
        return Expansion(document, tree, list(document.violations), keys=keys)
    from seqspec.core.language.expander import expand_fully

    return expand_fully(document, vars or {}, settings, limits, root, read, tables)
