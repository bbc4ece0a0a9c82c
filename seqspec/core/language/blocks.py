"""Blocks and repetition: `use`, `for`, `repeat` in a list of layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seqspec.core.diagnostics.message import Setting, TableName, counted, fmt
from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest
from seqspec.core.language.expansion_context import ExpansionContext, measure
from seqspec.core.language.keys import RESERVED_PARAMETERS, is_extension_key
from seqspec.core.language.provenance import Provenance, ProvenanceStep, StepKind, StepSource
from seqspec.core.language.variables import (
    Binding,
    Scope,
    Substituted,
    Unresolved,
    names_in,
    substitute,
    substitute_all,
    substitute_entries,
)

_MAX_COPIES = 2**31
_FOR = Setting("for", {"units": [64, 32]})


class DeclaredBlock(NamedTuple):
    """A declared block; `params` are the defaults as written, `layers` is None if the block is invalid."""

    name: str
    origin: Provenance
    params: dict[str, Unresolved]
    layers: list[object] | None
    layers_origin: Provenance


class _LayerBuffer:
    """A list of layers under construction; `copied` marks those from blocks or repetition, which can be renamed."""

    def __init__(self) -> None:
        self.items: list[object] = []
        self.origins: list[Provenance] = []
        self.copied: list[bool] = []
        self.values = 1
        self.levels = 1


class Blocks:
    """Expands the lists of layers of one document."""

    def __init__(self, context: ExpansionContext, declared: dict[str, DeclaredBlock], scope: Scope) -> None:
        self.context = context
        self.declared = declared
        self.scope = scope
        self.layers = 0
        self.uses = 0
        self.active: list[str] = []
        self._defaults: dict[str, dict[str, Binding]] = {}

    def model(self, value: object, origin: Provenance) -> Substituted:
        """Expands all lists of layers in a table."""
        return self._fill(value, self.scope, origin, 1)

    def _fill(self, value: Any, scope: Scope, origin: Provenance, level: int) -> Substituted:
        """Like `substitute_all`, but lists under the key `layers` can contain blocks and repetition."""

        def fill_entry(key: str | int, item: Any, item_origin: Provenance) -> Substituted:
            if isinstance(item, str):
                return substitute(self.context, item, scope, item_origin, level)
            if key == "layers" and isinstance(item, (list, tuple)):
                return self._list(item, scope, item_origin, level + 1)
            if isinstance(item, dict) and "use" in item and "type" not in item:
                item_origin = self._report_block_as_layer(item, key, item_origin)
            return self._fill(item, scope, item_origin, level + 1)

        return substitute_entries(self.context, value, origin, level, fill_entry)

    def _report_block_as_layer(self, item: Mapping[str, object], key: object, origin: Provenance) -> Provenance:
        self.context.report(
            "misplaced-key",
            "a block expands to a list of layers, but a single layer is expected here",
            origin.down("use"),
            anchor="key",
            help=fmt("write {}", Setting(str(key), {"type": "Sequential", "layers": [{"use": ...}]})),
        )
        return origin._replace(has_errors=True)

    def _list(self, value: object, scope: Scope, origin: Provenance, level: int) -> Substituted:
        if level >= self.context.limits.depth:
            self.context.exceed_limit(f"the spec expands to more than {self.context.limits.depth} levels", origin)
        buffer = _LayerBuffer()
        self._entries(value, scope, origin, level + 1, buffer, False)
        self._names(buffer)
        items = buffer.items
        for index, item_origin in enumerate(buffer.origins):
            if item_origin.path != (*origin.path, index) or item_origin != origin.down(index):
                self.context.tracker.record(items, index, item_origin)
        return Substituted(items, origin, buffer.values, buffer.levels)

    def _entries(
        self, value: Any, scope: Scope, origin: Provenance, level: int, buffer: _LayerBuffer, copied: bool
    ) -> None:
        for index, entry in enumerate(value):
            item_origin = self.context.tracker.child(origin, value, index)
            if isinstance(entry, str) and "$" in entry:
                filled = substitute(self.context, entry, scope, item_origin, level)
                if not isinstance(filled.value, dict) or not any(key in filled.value for key in RESERVED_PARAMETERS):
                    self._push(buffer, filled, copied)
                    continue
                entry, item_origin = filled.value, filled.origin
            if not isinstance(entry, dict):
                self._push(buffer, Substituted(entry, item_origin, *_size(entry)), copied)
            elif "use" in entry:
                self._use(entry, scope, item_origin, level, buffer)
            elif "repeat" in entry or "for" in entry:
                self._repeat(entry, scope, item_origin, level, buffer, copied)
            else:
                self._push(buffer, self._fill(entry, scope, item_origin, level), copied)

    def _push(self, buffer: _LayerBuffer, filled: Substituted, copied: bool) -> None:
        self._count(1, filled.values, filled.origin)
        buffer.items.append(filled.value)
        buffer.origins.append(filled.origin)
        buffer.copied.append(copied)
        buffer.values += filled.values
        buffer.levels = max(buffer.levels, filled.levels + 1)

    def _count(self, layers: int, values: int, at: Provenance) -> None:
        self.layers += layers
        if self.layers > self.context.limits.layers:
            self.context.exceed_limit(f"the model expands to more than {self.context.limits.layers:,} layers", at)
        self.context.charge_budget(values, at)

    def _copies(self, buffer: _LayerBuffer, start: int, values: int, count: int, at: Provenance) -> None:
        """Appends `count` copies of the layers from `start` on, and marks all of them as copies."""
        size = len(buffer.items) - start
        if size == 0 or count <= 0:
            return
        self._count(size * count, values * count, at)
        buffer.values += values * count
        for part in (buffer.items, buffer.origins):
            part += part[start:] * count
        buffer.copied[start:] = [True] * (len(buffer.items) - start)

    def _repeat(
        self,
        entry: Mapping[str, object],
        scope: Scope,
        origin: Provenance,
        level: int,
        buffer: _LayerBuffer,
        copied: bool,
    ) -> None:
        """Expands a layer with `repeat`, or with `for`, whose names its arguments can refer to."""
        count = self._repetitions(entry, scope, origin)
        layer = self.context.tracker.copy(entry)
        layer.pop("repeat", None)
        layer.pop("for", None)
        if "for" in entry:
            used = set(names_in(layer))
            rounds = self._rounds(entry, scope, origin, None)
            for name in dict.fromkeys(name for bindings in rounds or () for name in bindings):
                if name not in used:
                    self.context.report(
                        "bad-repetition",
                        f"{name} of for is not used in this layer",
                        self._for_place(entry, origin).down(name),
                        anchor="key",
                        help=fmt("write {} in the layer", Setting(name, f"${name}")),
                    )
        else:
            rounds = [{}]
        if count is None or rounds is None:
            count, rounds, origin = 1, [{}], origin._replace(has_errors=True)
        if count == 0:
            return
        copied = copied or count * len(rounds) > 1
        for bindings in rounds:
            start, before = len(buffer.items), buffer.values
            self._push(buffer, self._fill(layer, Scope(bindings, scope) if bindings else scope, origin, level), copied)
            self._copies(buffer, start, buffer.values - before, count - 1, origin)

    def _use(
        self, entry: Mapping[str, object], scope: Scope, origin: Provenance, level: int, buffer: _LayerBuffer
    ) -> None:
        context = self.context
        self.uses += 1
        if self.uses > 2 * context.limits.layers:
            context.exceed_limit(f"blocks are used more than {2 * context.limits.layers:,} times", origin)
        block = self._named(entry, scope, origin)
        if block is None or block.layers is None:
            self._push(buffer, Substituted(entry, origin._replace(has_errors=True), *_size(entry)), True)
            return
        given = self._given(entry, block, scope, origin)
        count = self._repetitions(entry, scope, origin)
        rounds = self._rounds(entry, scope, origin, block)
        if count is None or rounds is None:
            count, rounds = 1, [{}]
        if count == 0:
            return
        if len(self.active) >= context.limits.depth:
            context.exceed_limit(f"blocks use blocks more than {context.limits.depth} deep", origin)
        defaults = self._defaults_of(block)
        use = ProvenanceStep(origin.document, origin.path, StepSource(StepKind.BLOCK_USE, block.name))
        from_block = block.layers_origin._replace(via=(use, *origin.via)[:6])
        self.active.append(block.name)
        for bindings in rounds:
            inner = Scope({**defaults, **given, **bindings}, self.scope)
            start, before = len(buffer.items), buffer.values
            self._entries(block.layers, inner, from_block, level, buffer, True)
            # The limit on layers does not end rounds without layers.
            self.uses += len(buffer.items) == start
            self._copies(buffer, start, buffer.values - before, count - 1, origin)
        self.active.pop()

    def _defaults_of(self, block: DeclaredBlock) -> dict[str, Binding]:
        """The defaults of the parameters; references in them refer to variables."""
        defaults = self._defaults.get(block.name)
        if defaults is None:
            defaults = {}
            for name, raw in block.params.items():
                filled = substitute_all(self.context, raw.value, self.scope, raw.origin)
                defaults[name] = Binding(filled.value, filled.origin, raw.source, filled.values, filled.levels)
            self._defaults[block.name] = defaults
        return defaults

    def _named(self, entry: Mapping[str, object], scope: Scope, origin: Provenance) -> DeclaredBlock | None:
        context = self.context
        at = context.tracker.child(origin, entry, "use")
        name = entry["use"]
        if isinstance(name, str) and "$" in name:
            filled = substitute(context, name, scope, at)
            if filled.origin.has_errors:
                return None
            name, at = filled.value, filled.origin
        if not isinstance(name, str):
            context.report("wrong-type", "use must be the name of a block, a string", at)
            return None
        if name not in self.declared:
            near = suggest(name, self.declared, self._known_blocks(name), SuggestionTemplate.STRING)
            context.report(
                "unknown-block",
                f'unknown block "{name[:60]}"',
                at,
                **near.arguments(),
            )
            if near.word is None:
                return None
            name = near.word
        if name in self.active:
            cycle = " → ".join([*self.active[self.active.index(name) :][:6], name])
            context.report("cycle", f"block {name} is recursive: {cycle}", at, help="a block cannot contain itself")
            return None
        return self.declared[name]

    def _known_blocks(self, name: str) -> str:
        if not self.declared:
            return fmt("declare it: {} with {}", TableName(("blocks", name[:60])), Setting("layers", [...]))
        return f"available: {', '.join(self.declared)}"[:300]

    def _given(
        self, entry: Mapping[str, object], block: DeclaredBlock, scope: Scope, origin: Provenance
    ) -> dict[str, Binding]:
        """The bindings of the parameters that a use sets."""
        context = self.context
        given: dict[str, Binding] = {}
        for key, value in entry.items():
            if key in RESERVED_PARAMETERS or is_extension_key(key):
                continue
            at = context.tracker.child(origin, entry, key)
            if key not in block.params and isinstance(value, dict) and value and value.keys() <= block.params.keys():
                # Parameters in a table, such as `with = { units = 8 }`, belong next to `use`.
                message = f"unknown parameter {key[:60]} of block {block.name}"
                help = f"write {', '.join(value)} beside use, without the table {key[:60]}"
                context.report("unknown-argument", message, at, anchor="key", help=help)
                given |= self._given(value, block, scope, at)
                continue
            if key not in block.params:
                near = self._no_parameter(block, key, at, [name for name in block.params if name not in entry])
                if near is None:
                    continue
                key = near
            filled = substitute_all(context, value, scope, at)
            source = StepSource(StepKind.ARGUMENT, key)
            given[key] = Binding(filled.value, filled.origin, source, filled.values, filled.levels)
        return given

    def _no_parameter(self, block: DeclaredBlock, key: str, at: Provenance, free: list[str]) -> str | None:
        """Reports an unknown parameter of a block; returns the recovered name."""
        takes = f"available: {', '.join(block.params)}"[:300] if block.params else "it has no parameters"
        if key == "each":
            takes = "write for = { NAME = ... } for a copy per element of a list"
        near = suggest(key, free, takes)
        message = f"unknown parameter {key[:60]} of block {block.name}"
        self.context.report("unknown-argument", message, at, anchor="key", **near.arguments())
        return near.word

    def _repetitions(self, entry: Mapping[str, object], scope: Scope, origin: Provenance) -> int | None:
        """The number of copies; None if it is invalid."""
        if "repeat" not in entry:
            return 1
        at = self.context.tracker.child(origin, entry, "repeat")
        filled = substitute_all(self.context, entry["repeat"], scope, at)
        if filled.origin.has_errors:
            return None
        count = filled.value
        if type(count) is int and 0 <= count < _MAX_COPIES:
            return count
        if type(count) is int and count > 0:
            self.context.exceed_limit(f"the model expands to more than {self.context.limits.layers:,} layers", at)
        kind = f'a string: "{count[:40]}"' if isinstance(count, str) else str(count)[:40]
        plain = isinstance(count, str) and count.strip().isdecimal() and len(count) < 10
        help = fmt("write {}, without quotes", Setting("repeat", int(count))) if plain else None
        message = f"repeat must be a non-negative integer, got {kind}"
        self.context.report("bad-repetition", message, filled.origin, help=help)
        return None

    def _for_place(self, entry: Mapping[str, object], origin: Provenance) -> Provenance:
        return self.context.tracker.child(origin, entry, "for")

    def _rounds(
        self, entry: Mapping[str, object], scope: Scope, origin: Provenance, block: DeclaredBlock | None
    ) -> list[dict[str, Binding]] | None:
        """The names and values of each round of `for`; None if it is invalid."""
        if "for" not in entry:
            return [{}]
        context = self.context
        at = self._for_place(entry, origin)
        table, at, *_ = substitute_all(context, entry["for"], scope, at)
        if at.has_errors:
            return None
        if not isinstance(table, dict):
            context.report("bad-repetition", "for must be a table of lists", at, help=fmt("write {}", _FOR))
            return None
        columns = {name: context.tracker.child(at, table, name) for name in table}
        if any(column.has_errors for column in columns.values()):
            return None
        if block is not None:
            table, columns = self._known_columns(entry, block, table, columns)
        length = self._length(table, columns, at)
        if length is None:
            return None
        context.charge_budget(length * len(table), at)
        return list(self._each(table, columns, length))

    def _known_columns(
        self,
        entry: Mapping[str, object],
        block: DeclaredBlock,
        table: Mapping[str, object],
        columns: dict[str, Provenance],
    ) -> tuple[dict[str, object], dict[str, Provenance]]:
        columns_known: dict[str, object] = {}
        places: dict[str, Provenance] = {}
        for name, value in table.items():
            key = name
            if name not in block.params:
                free = [other for other in block.params if other not in table and other not in entry]
                near = self._no_parameter(block, name, columns[name], free)
                if near is None:
                    continue
                key = near
            elif name in entry:
                self.context.report(
                    "bad-repetition", f"{name} is set twice, in for and next to it", columns[name], anchor="key"
                )
            columns_known[key], places[key] = value, columns[name]
        return columns_known, places

    def _length(self, table: Mapping[str, object], columns: dict[str, Provenance], at: Provenance) -> int | None:
        length: int | None = None
        first = ""
        for name, value in table.items():
            if not isinstance(value, (list, tuple)):
                continue
            if length is None:
                length, first = len(value), name
            elif len(value) != length:
                self.context.report(
                    "bad-repetition",
                    f"the lists of for must have the same length, got {first}: {length}, {name}: {len(value)}",
                    columns[name],
                    label=_elements(value),
                    help="use one element per copy in each list, or a single value for all copies",
                    related=[(columns[first].place(), _elements(table[first]))],
                )
                return None
        if length is None and table:
            self.context.report(
                "bad-repetition",
                "for must contain a list, with one element per copy",
                at,
                help=fmt("write {}, or {} for equal copies", _FOR, Setting("repeat", 2)),
            )
        elif not table:
            self.context.report("bad-repetition", "for is empty", at, help=fmt("write {}", _FOR))
        return length

    def _each(
        self, table: Mapping[str, object], columns: dict[str, Provenance], length: int
    ) -> Iterator[dict[str, Binding]]:
        for index in range(length):
            bindings = {}
            for name, value in table.items():
                column_origin = columns[name]
                if isinstance(value, (list, tuple)):
                    column_origin = self.context.tracker.child(column_origin, value, index)
                    value = value[index]
                source = StepSource(StepKind.ARGUMENT, name)
                bindings[name] = Binding(value, column_origin, source, *_size(value, self.context.limits.values))
            yield bindings

    def _names(self, buffer: _LayerBuffer) -> None:
        """Makes the names of copies unique in their list, as Keras does: `conv`, `conv_1`, `conv_2`."""
        if not any(buffer.copied):
            return
        names = [item.get("name") if isinstance(item, dict) else None for item in buffer.items]
        taken = {name for name, copied in zip(names, buffer.copied) if isinstance(name, str) and not copied}
        counts: dict[str, int] = {}
        for index, name in enumerate(names):
            if not isinstance(name, str) or not buffer.copied[index]:
                continue
            new = name
            while new in taken:
                counts[name] = counts.get(name, 0) + 1
                new = f"{name}_{counts[name]}"
            taken.add(new)
            if new != name:
                renamed = self.context.tracker.copy(buffer.items[index])
                renamed["name"] = new
                buffer.items[index] = renamed


def _elements(value: Any) -> str:
    return counted(len(value), "element")


def _size(value: object, most: int = 1_000_000) -> tuple[int, int]:
    return measure(value, most) if isinstance(value, (dict, list, tuple)) else (1, 0)
