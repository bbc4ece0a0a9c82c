"""Values set by the caller: `--set vars.width=64`, `vars={"width": 64}` in Python."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from seqspec.core.diagnostics.message import TOML, TableName, fmt, quote_value, toml_key
from seqspec.core.diagnostics.suggest import Suggestion, suggest
from seqspec.core.diagnostics.violation import Path, SourceLocation, Violation
from seqspec.core.language.expansion_context import ExpansionContext, check_values
from seqspec.core.language.extends import Patch, set_value
from seqspec.core.language.keys import NOT_SETTABLE, TOP_LEVEL, is_extension_key
from seqspec.core.language.provenance import Provenance
from seqspec.core.language.renames import with_present_names
from seqspec.core.language.variables import entries
from seqspec.core.syntax import toml_lexis as lexis
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.tree import Offsets

_INDEX = re.compile(r"\[(-?\d+)\]")
_BRACKETS = re.compile(r"[\w.-]+(\[-?\d+\][\w.-]*)+")


CALLER = "--set"
SHARED_SPLIT = "shared split"
MEASURED = "measured data"


@dataclass(frozen=True, eq=False)
class Override:
    """A value that the caller, a search or the training data sets in a document.

    Attributes:
        path: The keys that lead to it; empty if `text` has no path.
        value: The value, as parsed from TOML.
        text: Its form in the syntax of `--set`.
        keys: The offsets of each key in `text`.
        value_at: The offsets of the value in `text`.
        origin: What sets it: `CALLER`; the split that all trials of a search share, whose findings are at the split
            of the document; or what was measured in the data, whose findings are at the source of the data.
        is_optional: Whether nothing is set where the document has no such layer, as in some candidates of a search.
    """

    path: tuple[str, ...]
    value: object
    text: str
    keys: Sequence[tuple[int, int]] = ()
    value_at: tuple[int, int] = (0, 0)
    origin: str = CALLER
    is_optional: bool = False

    @classmethod
    def of(cls, path: tuple[str, ...], value: object, *, origin: str = CALLER, is_optional: bool = False) -> Override:
        """The override of the value at a path."""
        text, keys = "", []
        for key in map(toml_key, path):
            start = len(text) + bool(text)
            keys.append((start, start + len(key)))
            text += f".{key}" if text else key
        start = len(text) + 1
        text = f"{text}={TOML.value(value)}"
        return cls(path, value, text, keys, (start, len(text)), origin, is_optional)

    @classmethod
    def parse(cls, text: str) -> Override:
        """The override of a text `PATH=VALUE`; its path is empty if the text has another form."""
        keys: list[tuple[str, int, int]] = []
        i = 0
        while True:
            i = _blank(text, i)
            c = text[i : i + 1]
            token = lexis.basic if c == '"' else lexis.literal if c == "'" else lexis.bare_key
            match = token(text, i)
            if match is None:
                break
            keys.append((lexis.key_text(match.group()), i, match.end()))
            i = _blank(text, match.end())
            if text[i : i + 1] == "=":
                raw = text[i + 1 :]
                start = i + 1 + len(raw) - len(raw.lstrip())
                end = max(start, i + 1 + len(raw.rstrip()))
                places = [(first, last) for _, first, last in keys]
                return cls(tuple(key for key, _, _ in keys), _value(raw.strip()), text, places, (start, end))
            if text[i : i + 1] != ".":
                break
            i += 1
        return cls((), None, text)

    def __str__(self) -> str:
        return self.text


def overrides_of(settings: Sequence[str | Override]) -> tuple[Override, ...]:
    """The overrides of texts in the syntax of `--set`; raises `TypeError` for what is not a list of these."""
    if not all(isinstance(setting, (str, Override)) for setting in settings):
        raise TypeError(f'settings must be a list such as ["fit.epochs=5"], got {quote_value(settings)}')
    return tuple(
        setting if isinstance(setting, Override) else Override.parse(" ".join(setting.split("\n")))
        for setting in settings
    )


def apply_overrides(
    overrides: Sequence[Override], tree: Mapping[str, object], origin: Provenance, context: ExpansionContext
) -> list[Patch]:
    """Sets values in a mutable tree; returns the patches of layers, which are selected by name."""

    def of(source: str) -> list[Override]:
        return [override for override in overrides if override.origin == source]

    patches = _apply_all(of(CALLER), tree, origin, context)
    if shared := of(SHARED_SPLIT):
        split = context.tracker.follow(origin, tree, ("data", "split"))._replace(is_measured=True)
        patches += _apply_all(shared, tree, origin, context, split)
    if measured := of(MEASURED):
        patches += _apply_all(measured, tree, origin, context, _source_of_data(tree, origin, context))
    return patches


def _source_of_data(tree: Mapping[str, object], origin: Provenance, context: ExpansionContext) -> Provenance:
    """The place of values that were measured in the data: its source, or the innermost table around it."""
    data = _table(tree, "data")
    path: Path = ("data",) if data else ()
    if "source" in data:
        path = ("data", "source")
    elif "source" in _table(data, "train"):
        path = ("data", "train", "source")
    return context.tracker.follow(origin, tree, path)._replace(is_measured=True)


def _apply_all(
    overrides: Sequence[Override],
    tree: Mapping[str, object],
    origin: Provenance,
    context: ExpansionContext,
    at: Provenance | None = None,
) -> list[Patch]:
    """Sets the values of overrides of one origin, which are located at `at`, else in their own text."""
    text = "\n".join(override.text for override in overrides)
    patches: list[Patch] = []
    start = 0
    for given in overrides:
        # Later overrides modify its tables.
        override = replace(given, value=deepcopy(given.value))
        # The same text with one line per override; separate spans, because two overrides may have the same path.
        end = start + len(override.text)
        spans: dict[Path, Offsets] = {(): (start, end, -1, -1)}
        document = Document({}, text, override.origin, "setting", spans=spans)
        context.documents.append(document)
        if override.path:
            value_at = (start + override.value_at[0], start + override.value_at[1])
            keys = [(start + first, start + last) for first, last in override.keys]
            for length, key in enumerate(keys, 1):
                spans[override.path[:length]] = (*value_at, *key)
            for path in _inner(override.value, override.path):
                spans.setdefault(path, (*value_at, *keys[-1]))
            before = len(context.violations)
            document.tree = _tree(override)
            check_values(document, context)
            override = _with_present_names(override, document, spans, context)
            if len(context.violations) == before:
                patches += [
                    patch._replace(is_optional=override.is_optional)
                    for patch in _apply(override, tree, origin, document, context, at)
                ]
        else:
            _report_malformed(override, SourceLocation(document, (), exact=document.span_at(start, end)), context)
        start = end + 1
    return patches


def _report_malformed(override: Override, place: SourceLocation, context: ExpansionContext) -> None:
    message = "an override must be of the form PATH=VALUE" if "=" not in override.text else "invalid path before ="
    help = _without_brackets(override.text) or "write vars.width=64 or layers.head.units=5"
    context.violations.append(Violation("bad-override", message, help=help, location=place))


def apply_vars(values: Mapping[str, object], tree: Mapping[str, object], context: ExpansionContext) -> None:
    """Sets variables that the document declares."""
    document = Document({"vars": dict(values)})
    context.documents.append(document)
    check_values(document, context)
    origin = Provenance(document, ("vars",))
    for name, value in values.items():
        if _declared(name, tree, origin.down(name), context):
            table = context.tracker.own_child(tree, "vars")
            table[name] = value
            context.tracker.record(table, name, origin.down(name))


def _without_brackets(setting: str) -> str | None:
    """The help for a path with an index in brackets, as in Python: layers[0].units=5."""
    path, equals, value = setting.partition("=")
    if not equals or not _BRACKETS.fullmatch(path.strip()):
        return None
    written = _INDEX.sub(r".\1", path.strip())
    model = "model." if written.startswith("layers.") else ""
    return f"write {model}{written}={value.strip()}"


def _blank(text: str, i: int) -> int:
    return lexis.blank(text, i).end()  # type: ignore[union-attr]  # always matches


def _value(text: str) -> object:
    """The text as a TOML value if it is one, else as a string."""
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return read["value"] if len(read) == 1 and text else text


def _inner(value: object, path: Path) -> list[Path]:
    paths: list[Path] = []
    pending: list[tuple[object, Path]] = [(value, path)]
    while pending:
        item, at = pending.pop()
        if isinstance(item, (dict, list)):
            for key, entry in entries(item):
                paths.append((*at, key))
                pending.append((entry, (*at, key)))
    return paths


def _tree(setting: Override) -> dict[str, object]:
    tree: object = setting.value
    for key in reversed(setting.path):
        tree = {key: tree}
    return tree if isinstance(tree, dict) else {}


def _with_present_names(
    setting: Override, document: Document, spans: dict[Path, Offsets], context: ExpansionContext
) -> Override:
    """The override with present names of its keys."""
    tree = _tree(setting)
    value: object = with_present_names(tree, Provenance(document, ()), context)
    if value is tree:
        return setting
    path: list[str] = []
    for _ in setting.path:
        # Above the value, each table has one key.
        assert isinstance(value, dict)
        [(key, value)] = value.items()
        path.append(key)
    for length in range(1, len(path) + 1):
        # Findings about the present name are at the former one.
        spans.setdefault(tuple(path[:length]), spans[setting.path[:length]])
    return replace(setting, path=tuple(path), value=value)


def _apply(
    setting: Override,
    tree: Mapping[str, object],
    origin: Provenance,
    document: Document,
    context: ExpansionContext,
    at: Provenance | None,
) -> list[Patch]:
    path = setting.path
    at = at or Provenance(document, path)
    top = path[0]
    if path[:2] == ("model", "layers") and len(path) > 2 and not path[2].lstrip("-").isdecimal():
        path = path[1:]
        top = "layers"
    if top == "layers":
        return _in_layer(path, setting, at, context)
    if top in NOT_SETTABLE or (top not in TOP_LEVEL and not is_extension_key(top)):
        _no_place(setting, tree, document, context)
        return []
    if top == "vars":
        if len(path) == 1:
            _whole_table(at, "vars.NAME", context)
            return []
        if not _declared(path[1], tree, Provenance(document, path[:2]), context):
            return []
    if top in ("blocks", "custom") and (len(path) < 2 or path[1] not in _table(tree, top)):
        near = suggest(path[1], _table(tree, top)) if len(path) > 1 else Suggestion(None)
        context.report(
            "bad-override",
            f"{'.'.join(path[:2])} is not declared in the spec",
            Provenance(document, path[:2]),
            anchor="key",
            label=near.label,
        )
        return []
    set_value(tree, origin, path, setting.value, at, False, context)
    return []


def _in_layer(path: tuple[str, ...], setting: Override, at: Provenance, context: ExpansionContext) -> list[Patch]:
    if len(path) < 2:
        _whole_table(at, "layers.NAME.ARGUMENT", context)
        return []
    skipped = len(setting.path) - len(path)
    name_at = Provenance(at.document, setting.path[: skipped + 2])
    if len(path) == 2:
        if not isinstance(setting.value, dict):
            _whole_table(at, f"layers.{path[1]}.ARGUMENT", context)
            return []
        return [Patch(path[1], (), setting.value, at, name_at, True)]
    return [Patch(path[1], path[2:], setting.value, at, name_at, False)]


def _whole_table(at: Provenance, example: str, context: ExpansionContext) -> None:
    context.report(
        "bad-override", "this is a table; set one of its values", at, anchor="key", help=f"write {example}=VALUE"
    )


def _no_place(setting: Override, tree: Mapping[str, object], document: Document, context: ExpansionContext) -> None:
    top = setting.path[0]
    at = Provenance(document, setting.path[:1])
    if top in NOT_SETTABLE:
        context.report("bad-override", f"{top} cannot be overridden", at, anchor="key")
        return
    holder = next((name for name in ("vars", *TOP_LEVEL) if top in _table(tree, name)), None)
    help: str | None = f"write {holder}.{top}"
    if holder is None:
        otherwise = "write vars.NAME, layers.NAME.ARGUMENT, or a table such as compile.optimizer"
        help = suggest(top, [*TOP_LEVEL, "layers"], otherwise).help_text
    context.report("bad-override", f'unknown top-level key "{top[:60]}"', at, anchor="key", help=help)


def _table(tree: Mapping[str, object], key: str) -> dict[str, object]:
    table = tree.get(key)
    return table if isinstance(table, dict) else {}


def _declared(name: str, tree: Mapping[str, object], at: Provenance, context: ExpansionContext) -> bool:
    declared = _table(tree, "vars")
    if name in declared:
        return True
    near = suggest(
        name,
        declared,
        f"declared: {', '.join(declared)}"[:300] if declared else fmt("the spec has no {}", TableName(("vars",))),
    )
    context.report(
        "bad-override",
        f"unknown variable {name[:60]}",
        at,
        anchor="key",
        label=near.label,
        help=near.help,
    )
    return False
