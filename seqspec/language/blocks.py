"""Blocks and repetition: `use`, `for`, `repeat` in a list of layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from seqspec.diagnostics.snippet import Help, Setting, TableName
from seqspec.diagnostics.suggest import Form, suggest
from seqspec.language.context import ExpansionContext, measure
from seqspec.language.keys import RESERVED_PARAMETERS, is_extension_key
from seqspec.language.provenance import Provenance, ProvenanceStep, StepKind, StepSource
from seqspec.language.variables import (
    Binding,
    Filled,
    Raw,
    Scope,
    entries,
    fill,
    names_in,
    substitute,
)

_MAX_COPIES = 2**31
_FOR = Setting("for", {"units": [64, 32]})


class Block(NamedTuple):
    """A declared block; `params` are the defaults as written, `layers` is None where it cannot be used."""

    name: str
    origin: Provenance
    params: dict[str, Raw]
    layers: list[Any] | None
    layers_origin: Provenance


class _Stack:
    """A list of layers while it grows; `copied` marks those from a block or repetition, whose names may change."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.origins: list[Provenance] = []
        self.copied: list[bool] = []
        self.values = 1
        self.levels = 1


class Blocks:
    """Expands the lists of layers of one document."""

    def __init__(self, work: ExpansionContext, declared: dict[str, Block], scope: Scope) -> None:
        self.work = work
        self.declared = declared
        self.scope = scope
        self.layers = 0
        self.uses = 0
        self.active: list[str] = []
        self._defaults: dict[str, dict[str, Binding]] = {}

    def model(self, value: object, origin: Provenance) -> Filled:
        """A table, and every list of layers in it, expanded."""
        return self._fill(value, self.scope, origin, 1)

    def _fill(self, value: Any, scope: Scope, origin: Provenance, level: int) -> Filled:
        """Like `variables.fill`, but lists under the key `layers` may hold blocks and repetitions."""
        work = self.work
        if level >= work.limits.depth:
            work.exceed_limit(f"the spec expands to more than {work.limits.depth} levels", origin)
        out: Any = None
        count, levels = 1 + len(value), 1
        for key, item in entries(value):
            if isinstance(item, str):
                if "$" not in item or is_extension_key(key):
                    continue
            elif not isinstance(item, (dict, list, tuple)) or is_extension_key(key):
                continue
            place = work.tracker.child(origin, value, key)
            if isinstance(item, str):
                filled = substitute(work, item, scope, place, level)
            elif key == "layers" and isinstance(item, (list, tuple)):
                filled = self._list(item, scope, place, level + 1)
            else:
                if isinstance(item, dict) and "use" in item and "type" not in item:
                    place = self._lonely(item, key, place)
                filled = self._fill(item, scope, place, level + 1)
            count += filled.values - 1
            levels = max(levels, filled.levels + 1)
            if filled.value is item and filled.origin is place and not place.spoiled:
                continue
            if out is None:
                out = work.tracker.copy(value)
            out[key] = filled.value
            if filled.origin is not place or place.spoiled:
                work.tracker.record(out, key, filled.origin)
        return Filled(value if out is None else out, origin, count, levels)

    def _lonely(self, item: Mapping[str, object], key: object, place: Provenance) -> Provenance:
        self.work.report(
            "misplaced-key",
            "a block expands to a list of layers, but a single layer is expected here",
            place.down("use"),
            anchor="key",
            help=Help("write ", Setting(str(key), {"type": "Sequential", "layers": [{"use": ...}]})),
        )
        return place._replace(spoiled=True)

    def _list(self, value: object, scope: Scope, origin: Provenance, level: int) -> Filled:
        if level >= self.work.limits.depth:
            self.work.exceed_limit(f"the spec expands to more than {self.work.limits.depth} levels", origin)
        stack = _Stack()
        self._entries(value, scope, origin, level + 1, stack, False)
        self._names(stack)
        items = stack.items
        for index, place in enumerate(stack.origins):
            if place.path != (*origin.path, index) or place != origin.down(index):
                self.work.tracker.record(items, index, place)
        return Filled(items, origin, stack.values, stack.levels)

    def _entries(self, value: Any, scope: Scope, origin: Provenance, level: int, stack: _Stack, copied: bool) -> None:
        for index, entry in enumerate(value):
            place = self.work.tracker.child(origin, value, index)
            if isinstance(entry, str) and "$" in entry:
                filled = substitute(self.work, entry, scope, place, level)
                if not isinstance(filled.value, dict) or not any(word in filled.value for word in RESERVED_PARAMETERS):
                    self._push(stack, filled, copied)
                    continue
                entry, place = filled.value, filled.origin
            if not isinstance(entry, dict):
                self._push(stack, Filled(entry, place, *_size(entry)), copied)
            elif "use" in entry:
                self._use(entry, scope, place, level, stack)
            elif "repeat" in entry or "for" in entry:
                self._repeat(entry, scope, place, level, stack, copied)
            else:
                self._push(stack, self._fill(entry, scope, place, level), copied)

    def _push(self, stack: _Stack, filled: Filled, copied: bool) -> None:
        self._count(1, filled.values, filled.origin)
        stack.items.append(filled.value)
        stack.origins.append(filled.origin)
        stack.copied.append(copied)
        stack.values += filled.values
        stack.levels = max(stack.levels, filled.levels + 1)

    def _count(self, layers: int, values: int, at: Provenance) -> None:
        self.layers += layers
        if self.layers > self.work.limits.layers:
            self.work.exceed_limit(f"the model expands to more than {self.work.limits.layers:,} layers", at)
        self.work.charge_budget(values, at)

    def _copies(self, stack: _Stack, start: int, values: int, count: int, at: Provenance) -> None:
        """Appends the layers from `start` on `count` times more, and marks them all as copies."""
        size = len(stack.items) - start
        if size == 0 or count <= 0:
            return
        self._count(size * count, values * count, at)
        stack.values += values * count
        for part in (stack.items, stack.origins):
            part += part[start:] * count
        stack.copied[start:] = [True] * (len(stack.items) - start)

    def _repeat(
        self, entry: Mapping[str, object], scope: Scope, place: Provenance, level: int, stack: _Stack, copied: bool
    ) -> None:
        """A plain layer with `repeat`, or with `for`, whose names its arguments refer to."""
        count = self._repetitions(entry, scope, place)
        layer = self.work.tracker.copy(entry)
        layer.pop("repeat", None)
        layer.pop("for", None)
        if "for" in entry:
            used = set(names_in(layer))
            rounds = self._rounds(entry, scope, place, None)
            for name in dict.fromkeys(name for bindings in rounds or () for name in bindings):
                if name not in used:
                    self.work.report(
                        "bad-repetition",
                        f"{name} of for is not used in this layer",
                        self._for_place(entry, place).down(name),
                        anchor="key",
                        help=Help("write ", Setting(name, f"${name}"), " in the layer"),
                    )
        else:
            rounds = [{}]
        if count is None or rounds is None:
            count, rounds, place = 1, [{}], place._replace(spoiled=True)
        if count == 0:
            return
        copied = copied or count * len(rounds) > 1
        for bindings in rounds:
            start, before = len(stack.items), stack.values
            self._push(stack, self._fill(layer, Scope(bindings, scope) if bindings else scope, place, level), copied)
            self._copies(stack, start, stack.values - before, count - 1, place)

    def _use(self, entry: Mapping[str, object], scope: Scope, place: Provenance, level: int, stack: _Stack) -> None:
        work = self.work
        self.uses += 1
        if self.uses > 2 * work.limits.layers:
            work.exceed_limit(f"blocks are used more than {2 * work.limits.layers:,} times", place)
        block = self._named(entry, scope, place)
        if block is None or block.layers is None:
            self._push(stack, Filled(entry, place._replace(spoiled=True), *_size(entry)), True)
            return
        given = self._given(entry, block, scope, place)
        count = self._repetitions(entry, scope, place)
        rounds = self._rounds(entry, scope, place, block)
        if count is None or rounds is None:
            count, rounds = 1, [{}]
        if count == 0:
            return
        if len(self.active) >= work.limits.depth:
            work.exceed_limit(f"blocks use blocks more than {work.limits.depth} deep", place)
        defaults = self._defaults_of(block)
        use = ProvenanceStep(place.document, place.path, StepSource(StepKind.BLOCK_USE, block.name))
        string_range = block.layers_origin._replace(via=(use, *place.via)[:6])
        self.active.append(block.name)
        for bindings in rounds:
            own = Scope({**defaults, **given, **bindings}, self.scope)
            start, before = len(stack.items), stack.values
            self._entries(block.layers, own, string_range, level, stack, True)
            # The bound on layers never ends rounds that add none.
            self.uses += len(stack.items) == start
            self._copies(stack, start, stack.values - before, count - 1, place)
        self.active.pop()

    def _defaults_of(self, block: Block) -> dict[str, Binding]:
        """The defaults of the parameters, in which references are to the variables of the document."""
        found = self._defaults.get(block.name)
        if found is None:
            found = {}
            for name, raw in block.params.items():
                filled = fill(self.work, raw.value, self.scope, raw.origin)
                found[name] = Binding(filled.value, filled.origin, raw.source, filled.values, filled.levels)
            self._defaults[block.name] = found
        return found

    def _named(self, entry: Mapping[str, object], scope: Scope, place: Provenance) -> Block | None:
        work = self.work
        at = work.tracker.child(place, entry, "use")
        name = entry["use"]
        if isinstance(name, str) and "$" in name:
            filled = substitute(work, name, scope, at)
            if filled.origin.spoiled:
                return None
            name, at = filled.value, filled.origin
        if not isinstance(name, str):
            work.report("wrong-type", "use must be the name of a block, a string", at)
            return None
        if name not in self.declared:
            near = suggest(name, self.declared, self._known_blocks(name), Form.STRING)
            work.report(
                "unknown-block",
                f'unknown block "{name[:60]}"',
                at,
                **near.arguments(),
            )
            if near.word is None:
                return None
            name = near.word
        if name in self.active:
            way = " → ".join([*self.active[self.active.index(name) :][:6], name])
            work.report("cycle", f"block {name} is recursive: {way}", at, help="a block cannot contain itself")
            return None
        return self.declared[name]

    def _known_blocks(self, name: str) -> str | Help:
        if not self.declared:
            return Help("declare it: ", TableName(("blocks", name[:60])), " with ", Setting("layers", [...]))
        return f"available: {', '.join(self.declared)}"[:300]

    def _given(self, entry: Mapping[str, object], block: Block, scope: Scope, place: Provenance) -> dict[str, Binding]:
        """The parameters that a use sets, as bindings."""
        work = self.work
        given: dict[str, Binding] = {}
        for key, value in entry.items():
            if key in RESERVED_PARAMETERS or is_extension_key(key):
                continue
            at = work.tracker.child(place, entry, key)
            if key not in block.params and isinstance(value, dict) and value and value.keys() <= block.params.keys():
                # A table of parameters, such as `with = { units = 8 }`: they belong beside `use`.
                message = f"unknown parameter {key[:60]} of block {block.name}"
                help = f"write {', '.join(value)} beside use, without the table {key[:60]}"
                work.report("unknown-argument", message, at, anchor="key", help=help)
                given |= self._given(value, block, scope, at)
                continue
            if key not in block.params:
                near = self._no_parameter(block, key, at, [name for name in block.params if name not in entry])
                if near is None:
                    continue
                key = near
            filled = fill(work, value, scope, at)
            source = StepSource(StepKind.ARGUMENT, key)
            given[key] = Binding(filled.value, filled.origin, source, filled.values, filled.levels)
        return given

    def _no_parameter(self, block: Block, key: str, at: Provenance, free: list[str]) -> str | None:
        """Reports a name that is not a parameter of a block; returns the recovered name."""
        takes = f"available: {', '.join(block.params)}"[:300] if block.params else "it has no parameters"
        near = suggest(key, free, takes)
        message = f"unknown parameter {key[:60]} of block {block.name}"
        self.work.report("unknown-argument", message, at, anchor="key", **near.arguments())
        return near.word

    def _repetitions(self, entry: Mapping[str, object], scope: Scope, place: Provenance) -> int | None:
        """The number of copies; None where it cannot be known."""
        if "repeat" not in entry:
            return 1
        at = self.work.tracker.child(place, entry, "repeat")
        filled = fill(self.work, entry["repeat"], scope, at)
        if filled.origin.spoiled:
            return None
        count = filled.value
        if type(count) is int and 0 <= count < _MAX_COPIES:
            return count
        if type(count) is int and count > 0:
            self.work.exceed_limit(f"the model expands to more than {self.work.limits.layers:,} layers", at)
        kind = f'a string: "{count[:40]}"' if isinstance(count, str) else str(count)[:40]
        plain = isinstance(count, str) and count.strip().isdecimal() and len(count) < 10
        help = Help("write ", Setting("repeat", int(count)), ", without quotes") if plain else None
        message = f"repeat must be a non-negative integer, got {kind}"
        self.work.report("bad-repetition", message, filled.origin, help=help)
        return None

    def _for_place(self, entry: Mapping[str, object], place: Provenance) -> Provenance:
        return self.work.tracker.child(place, entry, "for")

    def _rounds(
        self, entry: Mapping[str, object], scope: Scope, place: Provenance, block: Block | None
    ) -> list[dict[str, Binding]] | None:
        """The names and values of each round of `for`; None where it cannot be carried out."""
        if "for" not in entry:
            return [{}]
        work = self.work
        at = self._for_place(entry, place)
        table, at, *_ = fill(work, entry["for"], scope, at)
        if at.spoiled:
            return None
        if not isinstance(table, dict):
            work.report("bad-repetition", "for must be a table of lists", at, help=Help("write ", _FOR))
            return None
        columns = {name: work.tracker.child(at, table, name) for name in table}
        if any(column.spoiled for column in columns.values()):
            return None
        if block is not None:
            table, columns = self._known_columns(entry, block, table, columns)
        length = self._length(table, columns, at)
        if length is None:
            return None
        work.charge_budget(length * len(table), at)
        return list(self._each(table, columns, length))

    def _known_columns(
        self, entry: Mapping[str, object], block: Block, table: Mapping[str, object], columns: dict[str, Provenance]
    ) -> tuple[dict[str, object], dict[str, Provenance]]:
        known: dict[str, object] = {}
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
                self.work.report(
                    "bad-repetition", f"{name} is set twice, in for and next to it", columns[name], anchor="key"
                )
            known[key], places[key] = value, columns[name]
        return known, places

    def _length(self, table: Mapping[str, object], columns: dict[str, Provenance], at: Provenance) -> int | None:
        length: int | None = None
        first = ""
        for name, value in table.items():
            if not isinstance(value, (list, tuple)):
                continue
            if length is None:
                length, first = len(value), name
            elif len(value) != length:
                self.work.report(
                    "bad-repetition",
                    f"the lists of for must have the same length, got {first}: {length}, {name}: {len(value)}",
                    columns[name],
                    label=_elements(value),
                    help="use one element per copy in each list, or a single value for all copies",
                    related=[(columns[first].place(), _elements(table[first]))],
                )
                return None
        if length is None and table:
            self.work.report(
                "bad-repetition",
                "for must contain a list, with one element per copy",
                at,
                help=Help("write ", _FOR, ", or ", Setting("repeat", 2), " for equal copies"),
            )
        elif not table:
            self.work.report("bad-repetition", "for is empty", at, help=Help("write ", _FOR))
        return length

    def _each(
        self, table: Mapping[str, object], columns: dict[str, Provenance], length: int
    ) -> Iterator[dict[str, Binding]]:
        for index in range(length):
            bindings = {}
            for name, value in table.items():
                place = columns[name]
                if isinstance(value, (list, tuple)):
                    place = self.work.tracker.child(place, value, index)
                    value = value[index]
                source = StepSource(StepKind.ARGUMENT, name)
                bindings[name] = Binding(value, place, source, *_size(value, self.work.limits.values))
            yield bindings

    def _names(self, stack: _Stack) -> None:
        """Makes the names of copies unique in their list: `conv`, `conv_1`, `conv_2`, as Keras numbers its own."""
        if not any(stack.copied):
            return
        names = [item.get("name") if isinstance(item, dict) else None for item in stack.items]
        taken = {name for name, copied in zip(names, stack.copied) if isinstance(name, str) and not copied}
        counts: dict[str, int] = {}
        for index, name in enumerate(names):
            if not isinstance(name, str) or not stack.copied[index]:
                continue
            new = name
            while new in taken:
                counts[name] = counts.get(name, 0) + 1
                new = f"{name}_{counts[name]}"
            taken.add(new)
            if new != name:
                renamed = self.work.tracker.copy(stack.items[index])
                renamed["name"] = new
                stack.items[index] = renamed


def _elements(value: Any) -> str:
    return f"{len(value)} element{'' if len(value) == 1 else 's'}"


def _size(value: object, most: int = 1_000_000) -> tuple[int, int]:
    return measure(value, most) if isinstance(value, (dict, list, tuple)) else (1, 0)
