"""Variables, the parameters of blocks, and the references to both: `"$name"`, `"${name}"`, `"$$"`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from seqspec.core.diagnostics.message import counted
from seqspec.core.diagnostics.suggest import nearest
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.language.expansion_context import ExpansionContext, measure
from seqspec.core.language.keys import WITHOUT_REFERENCES, is_extension_key
from seqspec.core.language.provenance import Provenance, ProvenanceStep, StepKind, StepSource

_NAME = r"[A-Za-z_][A-Za-z0-9_-]*"
_TAKE = r"(?:\[[^\[\]]*\])*"
_whole = re.compile(rf"\$(?:({_NAME})({_TAKE})|\{{({_NAME})({_TAKE})\}})").fullmatch
_part = re.compile(rf"\$\$|\$\{{({_NAME})({_TAKE})\}}").match
_SUBSCRIPT = re.compile(r"\[([^\[\]]*)\]")
_index = re.compile(r"([+-]?\d{1,9})").fullmatch
_slice = re.compile(r"([+-]?\d{1,9})?\s*:\s*([+-]?\d{1,9})?").fullmatch
_word = re.compile(_NAME)

is_variable_name = re.compile(_NAME).fullmatch
"""Matches a valid name of a variable or parameter."""


class Reference(NamedTuple):
    """One reference: the name, its indices and slices, and its range in the string."""

    name: str
    subscripts: tuple[int | slice, ...]
    start: int
    end: int


class ParsedText(NamedTuple):
    """A string with references: literals and references alternate; `is_reference` if it is a single reference."""

    pieces: tuple[str | Reference, ...]
    is_reference: bool

    @property
    def references(self) -> list[Reference]:
        """The references in it."""
        return [piece for piece in self.pieces if isinstance(piece, Reference)]


@lru_cache(maxsize=4096)
def _read(text: str) -> ParsedText | tuple[str, tuple[int, int], str]:
    try:
        return _parse(text)
    except Violation as violation:
        # The traceback of a stored exception would keep the document alive.
        assert violation.string_range is not None  # noqa: PT017  # no test
        return violation.message, violation.string_range, str(violation.help or "")


def read_text(text: str) -> ParsedText:
    """Parses a string that contains `$`; raises `Violation` for an invalid reference."""
    parsed = _read(text)
    if isinstance(parsed, ParsedText):
        return parsed
    raise _bad(*parsed)


def _parse(text: str) -> ParsedText:
    match = _whole(text)
    if match is not None:
        name = match[1] or match[3]
        subscripts = _subscripts(
            text, match.start(2) if match[1] else match.start(4), match.end(2) if match[1] else match.end(4)
        )
        return ParsedText((Reference(name, subscripts, 0, len(text)),), True)
    pieces: list[str | Reference] = []
    literal = ""
    i = 0
    while True:
        start = text.find("$", i)
        if start < 0:
            literal += text[i:]
            break
        literal += text[i:start]
        match = _part(text, start)
        if match is None:
            raise _unreadable(text, start)
        i = match.end()
        if match[1] is None:
            literal += "$"
            continue
        pieces.append(literal)
        literal = ""
        pieces.append(Reference(match[1], _subscripts(text, match.start(2), match.end(2)), start, i))
    pieces.append(literal)
    return ParsedText(tuple(pieces), False)


def _subscripts(text: str, start: int, end: int) -> tuple[int | slice, ...]:
    subscripts: list[int | slice] = []
    for match in _SUBSCRIPT.finditer(text, start, end):
        index = _index(match[1].strip())
        part = _slice(match[1].strip())
        if index is not None:
            subscripts.append(int(index[1]))
        elif part is not None:
            subscripts.append(slice(*(None if bound is None else int(bound) for bound in part.groups())))
        else:
            raise _bad(
                f"invalid index [{match[1][:40]}]",
                match.span(),
                "use an index such as [0] or [-1], or a slice such as [1:]",
            )
    return tuple(subscripts)


def _unreadable(text: str, start: int) -> Violation:
    name = _word.match(text, start + 1)
    if text.startswith("${", start):
        end = text.find("}", start)
        if end < 0:
            return _bad("unclosed ${", (start, start + 2), "write ${name}")
        return _bad(
            f"invalid reference {text[start : end + 1][:40]}",
            (start, end + 1),
            "write ${name}; expressions are not supported",
        )
    if name is None:
        return _bad("incomplete reference: $ without a name", (start, start + 1), "write $$ for a literal dollar sign")
    if start == 0:
        return _bad(
            f"invalid reference {text[:40]}",
            (name.end(), len(text)),
            "write $name, $name[0] or $name[1:], or ${name} inside a longer string; expressions are not supported",
        )
    return _bad(
        f"${name.group()[:40]} inside a longer string needs braces",
        (start, name.end()),
        f"write ${{{name.group()[:40]}}}, or $$ for a literal dollar sign",
    )


def _bad(message: str, string_range: tuple[int, int], help: str) -> Violation:
    return Violation("bad-reference", message, string_range=string_range, help=help)


def escaped(tree: Mapping[str, object]) -> dict[str, object]:
    """A tree without references, with dollar signs doubled, except under keys that cannot contain references."""
    return {
        key: value if key in WITHOUT_REFERENCES or is_extension_key(key) else _escaped(value)
        for key, value in tree.items()
    }


def _escaped(value: object) -> object:
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: item if is_extension_key(key) else _escaped(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_escaped(item) for item in value]
    return value


class Binding(NamedTuple):
    """The value of a name with its provenance, source and size."""

    value: object
    origin: Provenance
    source: StepSource
    values: int = 1
    levels: int = 0


class Substituted(NamedTuple):
    """A value with its references replaced, its provenance and its size."""

    value: Any
    origin: Provenance
    values: int = 1
    levels: int = 0


class Scope:
    """The names that are visible at some place, the innermost first."""

    __slots__ = ("_near", "bindings", "parent")

    def __init__(self, bindings: dict[str, Binding], parent: Scope | None = None) -> None:
        self.bindings = bindings
        self.parent = parent
        self._near: dict[str, str | None] = {}

    def find(self, name: str) -> Binding | None:
        """The binding of a name, or of the closest known one; an unknown name is reported elsewhere."""
        binding = self._exact(name)
        if binding is not None:
            return binding
        if name not in self._near:
            self._near[name] = nearest(name, self.names())
        near = self._near[name]
        return None if near is None else self._exact(near)

    def _exact(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            binding = scope.bindings.get(name)
            if binding is not None:
                return binding
            scope = scope.parent
        return None

    def names(self) -> list[str]:
        """All names, the innermost first."""
        return [*self.bindings, *(self.parent.names() if self.parent else ())]


def substitute_all(
    context: ExpansionContext, value: object, scope: Scope, origin: Provenance, level: int = 0
) -> Substituted:
    """A value with its references replaced; the same object if there are none.

    `level` is the nesting depth of the value.
    """
    if isinstance(value, str):
        return substitute(context, value, scope, origin, level) if "$" in value else Substituted(value, origin)
    if not isinstance(value, (dict, list, tuple)):
        return Substituted(value, origin)

    def substitute_entry(key: str | int, item: Any, item_origin: Provenance) -> Substituted:
        return substitute_all(context, item, scope, item_origin, level + 1)

    return substitute_entries(context, value, origin, level, substitute_entry)


def substitute_entries(
    context: ExpansionContext,
    value: Any,
    origin: Provenance,
    level: int,
    substitute_entry: Callable[[str | int, Any, Provenance], Substituted],
) -> Substituted:
    """A table or list with the entries replaced that may have references; the same object if nothing changes."""
    if level >= context.limits.depth:
        context.exceed_limit(f"the spec expands to more than {context.limits.depth} levels", origin)
    out: Any = None
    count, levels = 1 + len(value), 1
    for key, item in entries(value):
        if isinstance(item, str):
            if "$" not in item or is_extension_key(key):
                continue
        elif not isinstance(item, (dict, list, tuple)) or is_extension_key(key):
            continue
        item_origin = context.tracker.child(origin, value, key)
        filled = substitute_entry(key, item, item_origin)
        count += filled.values - 1
        levels = max(levels, filled.levels + 1)
        if filled.value is item and filled.origin is item_origin:
            continue
        if out is None:
            out = context.tracker.copy(value)
        out[key] = filled.value
        if filled.origin is not item_origin:
            context.tracker.record(out, key, filled.origin)
    return Substituted(value if out is None else out, origin, count, levels)


def entries(value: Mapping[str, object] | Sequence[object]) -> Iterable[tuple[str | int, object]]:
    """The entries of a table or list with their keys or indices."""
    return value.items() if isinstance(value, dict) else enumerate(value)


def substitute(context: ExpansionContext, text: str, scope: Scope, origin: Provenance, level: int = 0) -> Substituted:
    """The value of a string with references in it."""
    try:
        read = read_text(text)
    except Violation:
        # Reported when the references of the document are checked.
        return Substituted(text, origin._replace(has_errors=True))
    if read.is_reference:
        assert isinstance(read.pieces[0], Reference)
        taken = _resolve_reference(context, read.pieces[0], scope, origin)
        if taken is None:
            return Substituted(text, origin._replace(has_errors=True))
        if level + taken.levels > context.limits.depth:
            context.exceed_limit(f"the spec expands to more than {context.limits.depth} levels", origin)
        return taken
    pieces: list[str] = []
    piece_origin = origin
    size = 0
    for piece in read.pieces:
        if isinstance(piece, Reference):
            taken = _resolve_reference(context, piece, scope, origin)
            word = None if taken is None else _variable_word(context, taken.value, piece, origin)
            if taken is None or word is None:
                return Substituted(text, origin._replace(has_errors=True))
            steps = [*piece_origin.via, *(via for via in taken.origin.via if via not in piece_origin.via)]
            piece_origin = piece_origin._replace(
                via=tuple(steps[:6]), has_errors=piece_origin.has_errors or taken.origin.has_errors
            )
            piece = word
        pieces.append(piece)
        size += len(piece)
        if size > context.limits.bytes:
            context.exceed_limit(f"a string expands to more than {context.limits.bytes:,} characters", origin)
    # A long string counts as many values against the limit.
    return Substituted("".join(pieces), piece_origin if piece_origin.via else origin, 1 + size // 64)


def _resolve_reference(
    context: ExpansionContext, reference: Reference, scope: Scope, origin: Provenance
) -> Substituted | None:
    binding = scope.find(reference.name)
    if binding is None:
        return None
    value = binding.value
    path = binding.origin.path
    shift = 0
    string_range = (reference.start, reference.end)
    for subscript in reference.subscripts:
        if not isinstance(value, (list, tuple)):
            if not binding.origin.has_errors:
                context.report(
                    "bad-reference",
                    f"{reference.name} is not a list and cannot be indexed",
                    origin,
                    string_range=string_range,
                    help=f'write "${reference.name}"',
                    related=[(binding.origin.place(), binding.source.describe())],
                )
            return None
        if isinstance(subscript, slice):
            start, _, _ = subscript.indices(len(value))
            value = list(value[subscript])
            shift += start
            continue
        if not -len(value) <= subscript < len(value):
            has = f"has {counted(len(value), 'element')}"
            last = f"the last index is [{len(value) - 1}]" if value else None
            context.report(
                "bad-reference",
                f"index [{subscript}] is out of range: {reference.name} {has}",
                origin,
                string_range=string_range,
                help=last,
                related=[(binding.origin.place(), binding.source.describe())],
            )
            return None
        path = (*path, shift + subscript % len(value))
        value = value[subscript]
        shift = 0
    values, levels = (
        (binding.values, binding.levels) if not reference.subscripts else measure(value, context.limits.values)
    )
    source = binding.origin
    has_errors = source.has_errors or context.is_bad(source.document, path)
    via = (ProvenanceStep(source.document, path, binding.source), *source.via)
    taken_origin = Provenance(
        origin.document, origin.path, (*via, *origin.via)[:6], is_reference=True, has_errors=has_errors, shift=shift
    )
    return Substituted(value, taken_origin, values, levels)


def _variable_word(context: ExpansionContext, value: object, reference: Reference, origin: Provenance) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    kind = "a list" if isinstance(value, (list, tuple)) else "a table" if isinstance(value, dict) else "not a string"
    context.report(
        "bad-reference",
        f"{reference.name} is {kind} and cannot be inserted into a string",
        origin,
        string_range=(reference.start, reference.end),
        help=f'write "${reference.name}" alone for the whole value',
    )
    return None


def names_in(value: object) -> Iterator[str]:
    """The names that a value refers to; invalid references are ignored."""
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


class Unresolved(NamedTuple):
    """The value of a name before its references are replaced."""

    value: object
    origin: Provenance
    source: StepSource


def resolve(context: ExpansionContext, given: Mapping[str, Unresolved], scope: Scope) -> None:
    """Adds the values of names, which may refer to each other, to a scope; reports cycles.

    Iterative, because a chain of references can be as long as the document.
    """
    needs = {
        name: [other for other in dict.fromkeys(names_in(raw.value)) if other in given] for name, raw in given.items()
    }
    done: set[str] = set()
    for first in given:
        visited: list[str] = [first]
        on_way = {first}
        while visited:
            name = visited[-1]
            missing = next((other for other in needs[name] if other not in done), None)
            if name in done:
                on_way.discard(visited.pop())
            elif missing is None:
                _bind(context, name, given[name], scope)
                done.add(name)
            elif missing in on_way:
                _cycle(context, visited[visited.index(missing) :], given, scope)
                done.update(visited[visited.index(missing) :])
            else:
                visited.append(missing)
                on_way.add(missing)


def _bind(context: ExpansionContext, name: str, raw: Unresolved, scope: Scope) -> None:
    filled = substitute_all(context, raw.value, scope, raw.origin)
    if filled.values > context.limits.values:
        context.exceed_limit(f"{name} expands to more than {context.limits.values:,} values", raw.origin)
    scope.bindings[name] = Binding(filled.value, filled.origin, raw.source, filled.values, filled.levels)


def _cycle(context: ExpansionContext, names: list[str], given: Mapping[str, Unresolved], scope: Scope) -> None:
    cycle = [*names, names[0]]
    shown = cycle if len(cycle) <= 7 else [*cycle[:3], "…", *cycle[-3:]]
    context.report(
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
        scope.bindings[name] = Binding(raw.value, raw.origin._replace(has_errors=True), raw.source)
