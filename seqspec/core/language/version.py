"""The key `seqspec`: the version of the language that a document is written in."""

from __future__ import annotations

from collections.abc import Mapping

from seqspec.core.diagnostics.errors import UPGRADE_COMMAND
from seqspec.core.diagnostics.message import OnlyInToml, Setting, TableName, fmt
from seqspec.core.language.expansion_context import ExpansionAborted, ExpansionContext
from seqspec.core.language.migrations import migrate
from seqspec.core.language.provenance import Provenance
from seqspec.core.language.renames import with_present_names
from seqspec.core.syntax.document import Document

LATEST = 1
_LATEST = Setting("seqspec", LATEST)


def current(document: Document, context: ExpansionContext) -> dict[str, object]:
    """The tree of a document in the latest language version; raises `ExpansionAborted` if it is not a spec."""
    tree = dict(document.tree) if type(document.tree) is not dict else document.tree
    root = Provenance(document, ())
    if "seqspec" not in tree:
        _missing(tree, root, context)
        return tree
    version = tree["seqspec"]
    at = root.down("seqspec")
    if type(version) is not int:
        context.report(
            "bad-version",
            f"seqspec must be the language version, an integer, got {_show(version)}",
            at,
            help=fmt("write {}", _LATEST),
        )
        return tree
    if version == LATEST:
        return with_present_names(tree, root, context)
    if version > LATEST:
        context.report(
            "bad-version",
            f"language version {version} is not supported: this seqspec supports version {LATEST}",
            at,
            help=f"upgrade seqspec: {UPGRADE_COMMAND}",
        )
        raise ExpansionAborted
    migrated = migrate(tree, version, LATEST)
    if migrated is None:
        context.report("bad-version", f"invalid language version {version}", at, help=fmt("write {}", _LATEST))
        return tree
    return migrated


def _missing(tree: Mapping[str, object], root: Provenance, context: ExpansionContext) -> None:
    if "class_name" in tree:
        context.report(
            "keras-config",
            "this is a Keras model in JSON (to_json), not a seqspec spec",
            root.down("class_name"),
            anchor="key",
            help=f"convert it: seqspec import {root.document.file or 'model.json'}",
        )
        raise ExpansionAborted
    if not tree:
        context.report(
            "bad-version",
            "the file is empty",
            root,
            help=fmt("write {} and a table {}", _LATEST, TableName(("model",))),
        )
        raise ExpansionAborted
    context.report(
        "bad-version",
        'missing "seqspec = 1"',
        root,
        label=fmt("expected {}", Setting("seqspec", LATEST)),
        help=fmt("write {}{}", _LATEST, OnlyInToml(" as the first line")),
    )


def _show(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'a string: "{value[:40]}"'
    return "null" if value is None else str(value)[:40]
