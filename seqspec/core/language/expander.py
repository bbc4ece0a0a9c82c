"""The steps of the expansion of a document that needs one, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import TYPE_CHECKING

from seqspec.core.diagnostics.message import Setting, TableName, fmt
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.blocks import Blocks
from seqspec.core.language.declarations import Declarations
from seqspec.core.language.expansion import Expansion
from seqspec.core.language.expansion_context import ExpansionAborted, ExpansionContext, Reader, check_values
from seqspec.core.language.extends import Patch, apply_late, apply_patches, extended
from seqspec.core.language.keras import NEWEST_ONLY, KerasRange, read_range
from seqspec.core.language.keys import EXPANDED_AWAY, WITHOUT_REFERENCES, TableKeys, is_extension_key
from seqspec.core.language.provenance import Provenance
from seqspec.core.language.top_level import validate_top_level
from seqspec.core.language.variables import Scope, resolve, substitute_all
from seqspec.core.syntax.document import Document, Tree
from seqspec.core.syntax.limits import Limits

if TYPE_CHECKING:
    from seqspec.core.language.overrides import Override


def expand_fully(
    document: Document,
    vars: Mapping[str, object],
    overrides: Sequence[Override],
    limits: Limits,
    root: str | None,
    read: Reader | None,
    tables: TableKeys | None,
) -> Expansion:
    """Expands a document with all features of the language."""
    context = ExpansionContext(document, limits) if read is None else ExpansionContext(document, limits, read)
    try:
        return _Expander(context).run(vars, overrides, root, tables)
    except ExpansionAborted:
        return Expansion(document, {}, context.violations, usable=False, documents=context.documents)
    except RecursionError:
        context.violations.append(
            Violation("over-limit", "the spec is nested too deeply", location=Provenance(document, ()).place())
        )
        return Expansion(document, {}, context.violations, usable=False, documents=context.documents)


class _Expander:
    def __init__(self, context: ExpansionContext) -> None:
        self.context = context

    def run(
        self, vars: Mapping[str, object], overrides: Sequence[Override], root: str | None, tables: TableKeys | None
    ) -> Expansion:
        context = self.context
        document = context.document
        if not isinstance(document.tree, dict):
            document = context.document = context.documents[0] = _as_dict(document)
        check_values(document, context)
        tree, origin, patches = extended(document, context, root)
        tree = validate_top_level(tree, origin, context, tables)
        if vars or overrides:
            # Most documents need no expansion.
            from seqspec.core.language.overrides import apply_overrides, apply_vars

            if vars:
                apply_vars(vars, tree, context)
            patches = [*patches, *apply_overrides(overrides, tree, origin, context)]
        keras = self._keras(tree, origin)
        if patches:
            patches, _ = apply_patches(patches, tree, origin, context)
        declarations = Declarations(tree, origin, context, tables)
        declarations.check()
        for patch in patches:
            declarations.check_patch(patch.value, patch.at)
        scope = Scope({})
        resolve(context, declarations.variables, scope)
        blocks = Blocks(context, declarations.blocks, scope)
        out = self._tables(tree, origin, scope, blocks)
        if patches:
            self._late_patches(patches, out, origin, scope)
        declarations.unused()
        expansion = Expansion(
            document,
            out,
            context.violations,
            keras=keras,
            tracker=context.tracker,
            root=origin,
            documents=context.documents,
            bad=context.bad,
        )
        expansion.merged = tree
        return expansion

    def _tables(self, tree: Mapping[str, object], origin: Provenance, scope: Scope, blocks: Blocks) -> Tree:
        context = self.context
        # The top level has the locations of the merged tree.
        out: dict[str, object] = context.tracker.own({})
        for key, value in tree.items():
            if key in EXPANDED_AWAY:
                continue
            at = context.tracker.child(origin, tree, key)
            if key in WITHOUT_REFERENCES or is_extension_key(key) or not isinstance(value, (dict, list, tuple, str)):
                out[key] = value
                filled_at = at
            elif key == "model" and isinstance(value, dict):
                filled = blocks.model(value, at)
                out[key], filled_at = filled.value, filled.origin
            else:
                filled = substitute_all(context, value, scope, at, 1)
                context.charge_budget(filled.values, at)
                out[key], filled_at = filled.value, filled.origin
            context.tracker.record(out, key, filled_at)
        if "model" not in tree:
            context.report("missing-key", "missing table [model]", Provenance(context.document, ()), help=_MODEL)
        return out

    def _late_patches(self, patches: list[Patch], tree: Mapping[str, object], origin: Provenance, scope: Scope) -> None:
        """Applies patches to layers whose name results from the expansion: layers of blocks, and copies."""
        context = self.context
        filled = []
        for patch in patches:
            value = substitute_all(context, patch.value, scope, patch.at)
            filled.append(patch._replace(value=value.value, at=value.origin))
        apply_late(filled, tree, origin, context)

    def _keras(self, tree: Mapping[str, object], origin: Provenance) -> KerasRange:
        if "keras" not in tree:
            return NEWEST_ONLY
        try:
            return read_range(tree["keras"])
        except Violation as violation:
            self.context.report_error(violation, self.context.tracker.child(origin, tree, "keras"))
            return NEWEST_ONLY


_MODEL = fmt("write {} with {} and {}", TableName(("model",)), Setting("input", [28, 28, 1]), Setting("layers", [...]))


def _as_dict(document: Document) -> Document:
    """The document with a dict as its top level, if that is another mapping."""
    copied = copy(document)
    copied.tree = dict(document.tree)
    return copied
