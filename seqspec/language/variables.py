"""Variables: `vars`, the parameters of blocks, and the references to both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from seqspec.diagnostics.suggest import nearest
from seqspec.diagnostics.violation import Violation
from seqspec.language.context import ExpansionContext, measure
from seqspec.language.keys import is_extension_key
from seqspec.language.provenance import Provenance, ProvenanceStep, StepKind, StepSource
from seqspec.language.references import Reference, read_text


class Binding(NamedTuple):
    """The value of a name: where it was written, what set it, and how large it is."""

    value: Any
    origin: Provenance
    source: StepSource
    values: int = 1
    levels: int = 0


class Filled(NamedTuple):
    """A value with its references replaced, where it is, and how large it is."""

    value: Any
    origin: Provenance
    values: int = 1
    levels: int = 0


class Scope:
    """The names that can be referred to at some place: its own, then those around it."""

    __slots__ = ("_near", "bindings", "parent")

    def __init__(self, bindings: dict[str, Binding], parent: Scope | None = None) -> None:
        self.bindings = bindings
        self.parent = parent
        self._near: dict[str, str | None] = {}

    def find(self, name: str) -> Binding | None:
        """The binding of a name, or of the nearest known one; that the name is wrong is reported elsewhere."""
        found = self._exact(name)
        if found is not None:
            return found
        if name not in self._near:
            self._near[name] = nearest(name, self.names())
        near = self._near[name]
        return None if near is None else self._exact(near)

    def _exact(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            found = scope.bindings.get(name)
            if found is not None:
                return found
            scope = scope.parent
        return None

    def names(self) -> list[str]:
        """All names, the innermost first."""
        return [*self.bindings, *(self.parent.names() if self.parent else ())]


def fill(work: ExpansionContext, value: Any, scope: Scope, origin: Provenance, level: int = 0) -> Filled:
    """A value with its references replaced; the same object if there are none.

    `level` is the number of tables and lists around it.
    """
    if isinstance(value, str):
        return substitute(work, value, scope, origin, level) if "$" in value else Filled(value, origin)
    if not isinstance(value, (dict, list, tuple)):
        return Filled(value, origin)
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
        filled = fill(work, item, scope, place, level + 1)
        count += filled.values - 1
        levels = max(levels, filled.levels + 1)
        if filled.value is item and filled.origin is place:
            continue
        if out is None:
            out = work.tracker.copy(value)
        out[key] = filled.value
        if filled.origin is not place:
            work.tracker.record(out, key, filled.origin)
    return Filled(value if out is None else out, origin, count, levels)


def entries(value: Any) -> Iterable[tuple[Any, Any]]:
    """The entries of a table or list with their keys or indices."""
    return value.items() if isinstance(value, dict) else enumerate(value)


def substitute(work: ExpansionContext, text: str, scope: Scope, origin: Provenance, level: int = 0) -> Filled:
    """The value of a string with references in it."""
    try:
        read = read_text(text)
    except Violation:
        # Reported where the references of the document are checked.
        return Filled(text, origin._replace(spoiled=True))
    if read.whole:
        assert isinstance(read.pieces[0], Reference)
        taken = _take(work, read.pieces[0], scope, origin)
        if taken is None:
            return Filled(text, origin._replace(spoiled=True))
        if level + taken.levels > work.limits.depth:
            work.exceed_limit(f"the spec expands to more than {work.limits.depth} levels", origin)
        return taken
    pieces: list[str] = []
    place = origin
    size = 0
    for piece in read.pieces:
        if isinstance(piece, Reference):
            taken = _take(work, piece, scope, origin)
            word = None if taken is None else _word(work, taken.value, piece, origin)
            if taken is None or word is None:
                return Filled(text, origin._replace(spoiled=True))
            steps = [*place.via, *(via for via in taken.origin.via if via not in place.via)]
            place = place._replace(via=tuple(steps[:6]), spoiled=place.spoiled or taken.origin.spoiled)
            piece = word
        pieces.append(piece)
        size += len(piece)
        if size > work.limits.bytes:
            work.exceed_limit(f"a string expands to more than {work.limits.bytes:,} characters", origin)
    # A long string weighs as much as the values that would take its room.
    return Filled("".join(pieces), place if place.via else origin, 1 + size // 64)


def _take(work: ExpansionContext, reference: Reference, scope: Scope, origin: Provenance) -> Filled | None:
    binding = scope.find(reference.name)
    if binding is None:
        return None
    value = binding.value
    path = binding.origin.path
    shift = 0
    string_range = (reference.start, reference.end)
    for take in reference.takes:
        if not isinstance(value, (list, tuple)):
            if not binding.origin.spoiled:
                work.report(
                    "bad-reference",
                    f"{reference.name} is not a list and cannot be indexed",
                    origin,
                    string_range=string_range,
                    help=f'write "${reference.name}"',
                    related=[(binding.origin.place(), binding.source.describe())],
                )
            return None
        if isinstance(take, slice):
            start, _, _ = take.indices(len(value))
            value = list(value[take])
            shift += start
            continue
        if not -len(value) <= take < len(value):
            has = f"has {len(value)} element{'' if len(value) == 1 else 's'}"
            last = f"the last index is [{len(value) - 1}]" if value else None
            work.report(
                "bad-reference",
                f"index [{take}] is out of range: {reference.name} {has}",
                origin,
                string_range=string_range,
                help=last,
                related=[(binding.origin.place(), binding.source.describe())],
            )
            return None
        path = (*path, shift + take % len(value))
        value = value[take]
        shift = 0
    values, levels = (binding.values, binding.levels) if not reference.takes else measure(value, work.limits.values)
    source = binding.origin
    spoiled = source.spoiled or work.is_bad(source.document, path)
    via = (ProvenanceStep(source.document, path, binding.source), *source.via)
    place = Provenance(origin.document, origin.path, (*via, *origin.via)[:6], whole=True, spoiled=spoiled, shift=shift)
    return Filled(value, place, values, levels)


def _word(work: ExpansionContext, value: object, reference: Reference, origin: Provenance) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    kind = "a list" if isinstance(value, (list, tuple)) else "a table" if isinstance(value, dict) else "not a string"
    work.report(
        "bad-reference",
        f"{reference.name} is {kind} and cannot be inserted into a string",
        origin,
        string_range=(reference.start, reference.end),
        help=f'write "${reference.name}" alone for the whole value',
    )
    return None


def names_in(value: object) -> Iterator[str]:
    """The names that a value refers to, those of unreadable references left out."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if "$" in item:
                try:
                    yield from (reference.name for reference in read_text(item).references)
                except Violation:
                    continue
        elif isinstance(item, (dict, list, tuple)):
            pending.extend(entry for key, entry in entries(item) if not is_extension_key(key))


class Raw(NamedTuple):
    """A value that a name is given, before the references in it are replaced."""

    value: Any
    origin: Provenance
    source: StepSource


def resolve(work: ExpansionContext, given: Mapping[str, Raw], scope: Scope) -> None:
    """Adds to a scope the values of names that may refer to each other; reports cycles.

    Goes through the names without recursion: a chain of references may be as long as the document.
    """
    needs = {
        name: [other for other in dict.fromkeys(names_in(raw.value)) if other in given] for name, raw in given.items()
    }
    done: set[str] = set()
    for first in given:
        way: list[str] = [first]
        on_way = {first}
        while way:
            name = way[-1]
            missing = next((other for other in needs[name] if other not in done), None)
            if name in done:
                on_way.discard(way.pop())
            elif missing is None:
                _bind(work, name, given[name], scope)
                done.add(name)
            elif missing in on_way:
                _cycle(work, way[way.index(missing) :], given, scope)
                done.update(way[way.index(missing) :])
            else:
                way.append(missing)
                on_way.add(missing)


def _bind(work: ExpansionContext, name: str, raw: Raw, scope: Scope) -> None:
    filled = fill(work, raw.value, scope, raw.origin)
    if filled.values > work.limits.values:
        work.exceed_limit(f"{name} expands to more than {work.limits.values:,} values", raw.origin)
    scope.bindings[name] = Binding(filled.value, filled.origin, raw.source, filled.values, filled.levels)


def _cycle(work: ExpansionContext, names: list[str], given: Mapping[str, Raw], scope: Scope) -> None:
    way = [*names, names[0]]
    shown = way if len(way) <= 7 else [*way[:3], "…", *way[-3:]]
    work.report(
        "cycle",
        f"circular definition of {names[0]}: {' → '.join(shown)}"
        if len(names) > 1
        else f"circular definition of {names[0]}",
        given[names[0]].origin,
        related=[(given[name].origin.place(), StepSource(StepKind.VARIABLE, name).describe()) for name in names[1:4]],
        help="set one of them to a value without references to the others"
        if len(names) > 1
        else "set it to a value that does not refer to itself",
    )
    for name in names:
        raw = given[name]
        scope.bindings[name] = Binding(raw.value, raw.origin._replace(spoiled=True), raw.source)
