"""The types of the keys in `[data]`, `[fit]` and `[save]` whose values are the models of `sources`.

That module is imported when such a value is read: few specs have one.
"""

from collections.abc import Callable
from typing import Annotated, Any

from seqspec.catalog.markers import NEUTRAL
from seqspec.catalog.types import read_by
from seqspec.catalog.validation import wrong_choice, wrong_type
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.violation import Violation, Violations
from seqspec.language.names import nearest


class OpenTable:
    """Marks a table that the published schema does not describe; `text` is whether any string is accepted too, and
    `words` are the strings that are."""

    def __init__(self, text: bool = False, words: tuple[str, ...] = ()) -> None:
        self.text = text
        self.words = words


def _reader(name: str, text: str, accepts: Callable[[Any], bool] = lambda value: False) -> Callable[[Any], Any]:
    """Reads a value as the type `name` of `sources`; what `accepts` is kept as it is."""

    def read(value: Any) -> Any:
        if accepts(value) or hasattr(value, "to_tree"):
            return value
        if not isinstance(value, dict):
            raise wrong_type(text, value)
        from pydantic import TypeAdapter, ValidationError

        from seqspec.document import sources

        try:
            return TypeAdapter(getattr(sources, name)).validate_python(value)
        except ValidationError as error:
            raise Violations([_violation(entry, value) for entry in error.errors()[:20]])

    return read


def _missing(value: Any) -> Any:
    if isinstance(value, str):
        if value not in _MISSING_WORDS:
            raise wrong_choice(value, _MISSING_WORDS, _MISSING)
        return value
    return _reader("Fill", _MISSING)(value)


def _trainable(value: Any) -> Any:
    if not isinstance(value, dict):
        raise wrong_type(_TRAINABLE, value)
    read = _reader("LastLayers", "true, false or { last = N }", lambda entry: isinstance(entry, bool))
    found, violations = {}, []
    for key, entry in value.items():
        try:
            found[key] = read(entry)
        except Violation as violation:
            violation.with_subject(str(key)[:60])
            violations.append(violation.prefixed(key))
        except Violations as several:
            violations += [each.prefixed(key) for each in several.items]
    if violations:
        raise Violations(violations)
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_SOURCE = "a path or a table with type"
_SPLIT = "a table with by"
_MISSING = '"error", "drop" or { fill = ... }'
_MISSING_WORDS = ("error", "drop")
_BEST = "a table with monitor"
_TRAINABLE = "a table from layer names to true, false or { last = N }"

SourceOrPath = Annotated[Any, *read_by(_reader("Source", _SOURCE, _is_text), _SOURCE, OpenTable(text=True), NEUTRAL)]
"""A source of samples: a path, or one of the tables of `sources.Source`."""

SetSplit = Annotated[Any, *read_by(_reader("Split", _SPLIT), _SPLIT, OpenTable(), NEUTRAL)]
"""One of the tables of `sources.Split`."""

MissingValues = Annotated[Any, *read_by(_missing, _MISSING, OpenTable(words=_MISSING_WORDS), NEUTRAL)]
"""`"error"`, `"drop"`, or a `sources.Fill`."""

BestEpoch = Annotated[Any, *read_by(_reader("Best", _BEST), _BEST, OpenTable(), NEUTRAL)]
"""A `sources.Best`."""

TrainableLayers = Annotated[Any, *read_by(_trainable, _TRAINABLE, OpenTable(), NEUTRAL)]
"""From layer names to a flag or a `sources.LastLayers`."""


def _violation(error: Any, tree: dict[str, Any]) -> Violation:
    kind, context = error["type"], error.get("ctx") or {}
    path: list[str | int] = []
    node: Any = tree
    for part in error["loc"]:
        # Pydantic names the member of a union in the location; only keys and indices that exist are kept.
        if isinstance(node, dict) and part in node:
            node = node[part]
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            continue
        path.append(part)
    at = tuple(path)
    name = "".join(f"{part}: " for part in [".".join(map(str, path))] if part)
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        known = _keys(tree)
        near = nearest(key, known)
        return Violation(
            "unknown-key", f"unknown key {key[:60]}", path=at, anchor="key", suggestion=near,
            label=f"did you mean {near}?" if near else None,
            help=f"write {near}" if near else f"the keys are {', '.join(known)}" if known else None,
        )  # fmt: skip
    if kind in ("missing", "union_tag_not_found"):
        key = str(error["loc"][-1]) if kind == "missing" else str(context["discriminator"]).strip("'")
        return Violation("missing-key", f"missing key {key}", path=at, help=f"add {key} = ...")
    if kind == "union_tag_invalid":
        key = str(context["discriminator"]).strip("'")
        expected = str(context["expected_tags"]).replace("'", "")
        near = nearest(str(context["tag"]), expected.split(", "))
        return Violation(
            "bad-value", f'{key} must be one of {expected}, got "{str(context["tag"])[:60]}"',
            path=(*at, key), label=f"did you mean {near}?" if near else None, suggestion=near,
        )  # fmt: skip
    message = str(error["msg"]).removeprefix("Value error, ")
    rule = "bad-value" if kind in ("value_error", "literal_error") or "than" in kind else "wrong-type"
    if rule == "bad-value" and kind == "value_error":
        return Violation(rule, message, path=at)
    return Violation(rule, f"{name}{message[:1].lower()}{message[1:]}, got {quote_value(node)}", path=at)


def _keys(tree: dict[str, Any]) -> list[str]:
    """The keys that the model of a table has, by its tag."""
    from pydantic import BaseModel

    from seqspec.document import sources

    for value in vars(sources).values():
        if isinstance(value, type) and issubclass(value, BaseModel):
            for tag in ("type", "by"):
                field = value.model_fields.get(tag)
                if field is not None and getattr(field.annotation, "__args__", ())[:1] == (tree.get(tag),):
                    return [field.alias or name for name, field in value.model_fields.items() if name not in tree]
    return []
