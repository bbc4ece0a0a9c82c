"""Declarations of a spec (variables, blocks, custom classes): undeclared references, recursive blocks, unused names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seqspec.core.diagnostics.diagnostic import TreeFix, remove
from seqspec.core.diagnostics.message import Message, Setting, TableName, Value, fmt
from seqspec.core.diagnostics.suggest import SuggestionTemplate, nearest, suggest
from seqspec.core.diagnostics.violation import Path, Violation
from seqspec.core.language.blocks import DeclaredBlock
from seqspec.core.language.expansion_context import ExpansionContext
from seqspec.core.language.keys import RESERVED_PARAMETERS, TableKeys, is_extension_key
from seqspec.core.language.provenance import Provenance, StepKind, StepSource
from seqspec.core.language.symbols import LexicalScope, Section, sections, walk
from seqspec.core.language.variables import Unresolved, entries, is_variable_name, read_text
from seqspec.core.syntax.document import Tree

_LAYERS = Setting("layers", [...])


class Declarations:
    """The declarations of a merged document, and which of them are used."""

    def __init__(self, tree: Tree, origin: Provenance, context: ExpansionContext, tables: TableKeys | None) -> None:
        self.tables = tables
        self.tree = tree
        self.origin = origin
        self.context = context
        self.variables = self._variables()
        self.blocks = self._blocks()
        self._used_variables: set[str] = set()
        self._used_params: dict[str, set[str]] = {name: set() for name in self.blocks}
        self._used_blocks: dict[str, None] = {}
        self._used_classes: set[str] = set()

    def _table(self, key: str, help: Message) -> tuple[Tree, Provenance]:
        at = self.context.tracker.child(self.origin, self.tree, key)
        table = self.tree.get(key, {})
        if isinstance(table, dict):
            return table, at
        self.context.report("wrong-type", f"{key} must be a table", at, help=help)
        return {}, at

    def _variables(self) -> dict[str, Unresolved]:
        table, at = self._table("vars", fmt("write {}", Setting("vars", {"width": 32})))
        variables = {}
        for name, value in table.items():
            name_origin = self.context.tracker.child(at, table, name)
            self._check_name(name, name_origin)
            kind = StepKind.SETTING if name_origin.document.format == "setting" else StepKind.VARIABLE
            variables[name] = Unresolved(value, name_origin, StepSource(kind, name))
        return variables

    def _check_name(self, name: str, origin: Provenance) -> None:
        if is_variable_name(name) is None and not is_extension_key(name):
            self.context.report(
                "bad-name",
                f'invalid name "{name[:60]}"',
                origin,
                anchor="key",
                help="use letters, digits, _ and -, starting with a letter",
            )

    def _blocks(self) -> dict[str, DeclaredBlock]:
        table, at = self._table("blocks", fmt("write {} with {}", TableName(("blocks", "NAME")), _LAYERS))
        return {
            name: self._block(name, value, self.context.tracker.child(at, table, name))
            for name, value in table.items()
            if not is_extension_key(name)
        }

    def _block(self, name: str, value: object, at: Provenance) -> DeclaredBlock:
        context = self.context
        if not isinstance(value, dict):
            context.report(
                "wrong-type",
                "a block must be a table with layers",
                at,
                help=fmt("write {}", TableName(("blocks", name[:60]))),
            )
            return DeclaredBlock(name, at, {}, None, at)
        for violation in self.tables.block_mistakes(value) if self.tables is not None else ():
            context.report_error(violation, self._place(value, violation.path, at))
        layers = value.get("layers")
        return DeclaredBlock(
            name,
            at,
            self._params(value, at),
            list(layers) if isinstance(layers, (list, tuple)) else None,
            context.tracker.child(at, value, "layers"),
        )

    def _place(self, value: Any, path: Path, at: Provenance) -> Provenance:
        for key in path:
            at = self.context.tracker.child(at, value, key)
            value = value[key]
        return at

    def _params(self, value: Mapping[str, object], at: Provenance) -> dict[str, Unresolved]:
        params = value.get("params", {})
        at = self.context.tracker.child(at, value, "params")
        return {
            name: Unresolved(default, self.context.tracker.child(at, params, name), StepSource(StepKind.DEFAULT, name))
            for name, default in (params.items() if isinstance(params, dict) else ())
            if name not in RESERVED_PARAMETERS
        }

    def check(self) -> None:
        """Reports undeclared references and recursive blocks; records which declarations are used."""
        for section in sections(self.tree, self.origin, self.variables, self.context.tracker.child):
            # Overrides are checked as patches, together with the overrides of the extended documents.
            if section.key != "override":
                self._check(section)
        self._cycles()

    def check_patch(self, value: object, at: Provenance) -> None:
        """Like `check`, for a value that will replace a value of the document."""
        variables = {name: raw.origin for name, raw in self.variables.items()}
        self._check(Section("override", value, at, LexicalScope(variables)))

    def _check(self, section: Section[Provenance]) -> None:
        for value, at, scope in walk(section, self.context.tracker.child):
            if isinstance(value, str):
                self._references(value, at, scope)
            elif isinstance(value, dict):
                self._note(value)

    def _note(self, value: Mapping[str, object]) -> None:
        used = value.get("use")
        if isinstance(used, str):
            self._used_blocks[used] = None
            if "$" in used:
                # The name of the block is known only after the expansion.
                self._used_blocks.update(dict.fromkeys(self.blocks))
        custom = value.get("custom")
        if isinstance(custom, str):
            self._used_classes.add(custom)

    def _references(self, text: str, at: Provenance, scope: LexicalScope[Provenance]) -> None:
        try:
            read = read_text(text)
        except Violation as violation:
            self.context.report_error(violation, at)
            return
        for reference in read.references:
            name = reference.name
            kind = scope.kind(name)
            if kind is None:
                near = self._unknown(name, scope.names(), at, (reference.start, reference.end))
                if near is not None:
                    self._used_variables.add(near)
                    if scope.block is not None:
                        self._used_params[scope.block].add(near)
            elif kind == "parameter" and scope.block is not None:
                self._used_params[scope.block].add(name)
            elif kind == "variable":
                self._used_variables.add(name)

    def _unknown(self, name: str, names: list[str], at: Provenance, string_range: tuple[int, int]) -> str | None:
        """Reports an undeclared name; returns the name that was most likely meant."""
        otherwise: str = fmt("declare it: {}, or write $$ for a literal dollar sign", Setting("vars", {name[:60]: ...}))
        if names:
            otherwise = f"available here: {', '.join(names)}"[:300]
        near = suggest(name, names, otherwise, SuggestionTemplate.REFERENCE)
        self.context.report(
            "unknown-variable",
            f"unknown variable {name[:60]}",
            at,
            string_range=string_range,
            **near.arguments(),
        )
        return near.word

    def _cycles(self) -> None:
        """Reports recursive blocks at the use that closes the cycle; such blocks cannot be used."""
        uses = {
            name: list(_uses(block.layers, block.layers_origin, self.context)) for name, block in self.blocks.items()
        }
        done: set[str] = set()
        for first in self.blocks:
            path = [first]
            while path:
                name = path[-1]
                step = next((entry for entry in uses[name] if entry[0] in self.blocks and entry[0] not in done), None)
                if step is None:
                    done.add(path.pop())
                elif step[0] in path:
                    cycle = [*path[path.index(step[0]) :], step[0]]
                    shown = cycle if len(cycle) <= 7 else [*cycle[:3], "…", *cycle[-3:]]
                    self.context.report(
                        "cycle",
                        f"block {step[0]} is recursive" + (f": {' → '.join(shown)}" if len(cycle) > 2 else ""),
                        step[1],
                        help="a block cannot contain itself",
                    )
                    uses[name].remove(step)
                else:
                    path.append(step[0])

    def unused(self) -> None:
        """Reports unused declarations; a document without layers is meant to be extended and has none."""
        model = self.tree.get("model")
        if not isinstance(model, dict) or not model.get("layers"):
            return
        for name, raw in self.variables.items():
            if name not in self._used_variables and not is_extension_key(name):
                self._warn(f"variable {name} is never used", raw.origin, f'remove it, or refer to it as "${name}"')
        # A misspelt use is one mistake: the declaration that it refers to is not reported as unused.
        meant = {nearest(name, self.blocks) for name in self._used_blocks if name not in self.blocks}
        for name, block in self.blocks.items():
            if name not in self._used_blocks and name not in meant:
                self._warn(
                    f"block {name} is never used",
                    block.origin,
                    fmt("remove it, or write {}", Value({"use": name})),
                )
                continue
            for param, raw in block.params.items():
                if param not in self._used_params[name] and not is_extension_key(param):
                    help = f'remove it, or refer to it as "${param}" in the layers'
                    self._warn(f"parameter {param} of block {name} is never used", raw.origin, help)
        custom = self.tree.get("custom")
        if isinstance(custom, dict):
            at = self.context.tracker.child(self.origin, self.tree, "custom")
            used = self._used_classes | {nearest(name, custom) for name in self._used_classes if name not in custom}
            for name in custom:
                if name not in used and not is_extension_key(name):
                    name_origin = self.context.tracker.child(at, custom, name)
                    self._warn(
                        f"custom class {name} is never used",
                        name_origin,
                        fmt("remove it, or write {}", Value({"custom": name})),
                    )

    def _warn(self, message: str, at: Provenance, help: str) -> None:
        if at.document is self.context.document:
            fix = TreeFix("remove it", (remove(at.path),))
            self.context.report("unused-declaration", message, at, anchor="key", help=help, fix=fix)


def _uses(value: object, at: Provenance, context: ExpansionContext) -> Iterable[tuple[str, Provenance]]:
    """The blocks that a list of layers uses, at any depth, with their locations."""
    pending = [(value, at)]
    while pending:
        item, origin = pending.pop()
        if not isinstance(item, (dict, list, tuple)):
            continue
        if isinstance(item, dict) and isinstance(item.get("use"), str):
            yield item["use"], context.tracker.child(origin, item, "use")
        for key, entry in entries(item):
            if isinstance(entry, (dict, list, tuple)):
                pending.append((entry, context.tracker.child(origin, item, key)))
