"""What there is in Keras to write a spec with: a class by its name, or those whose description has a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NotRequired

from mcp.server.mcpserver.exceptions import ToolError
from typing_extensions import TypedDict

from seqspec.agents.answers import quoted
from seqspec.core.api.catalog import (
    FAMILIES,
    LAYER_TRAITS,
    LAYERS,
    KerasObject,
    Layer,
    Named,
    kind_of_field,
    layer_class,
)
from seqspec.core.api.check import check
from seqspec.core.api.diagnostics import family
from seqspec.core.api.messages import nearest
from seqspec.core.api.schema import json_default, summary

_MOST = 20
_EXAMPLES: tuple[object, ...] = (
    32,
    3,
    0.5,
    [4, 8],
    "same",
    {"type": "LSTM", "units": 32},
    {"type": "Dense", "units": 8},
)
"""Values of required arguments; the first that is accepted is shown."""


class ArgumentHelp(TypedDict):
    """An argument: the accepted values, and the default unless it is required."""

    accepts: str
    about: NotRequired[str]
    default: NotRequired[Any]


class ClassHelp(TypedDict):
    """A class with its arguments and an example, or the classes that were found."""

    name: NotRequired[str]
    kind: NotRequired[str]
    summary: NotRequired[str]
    arguments: NotRequired[dict[str, ArgumentHelp]]
    example: NotRequired[dict[str, Any]]
    found: NotRequired[dict[str, str]]


def described(name: str) -> ClassHelp:
    """The class with a name, or those whose name or summary has this word.

    Raises:
        ToolError: There is none.
    """
    for kind, declared in _named(name):
        return _class(kind, declared)
    word = name.lower().strip()
    found = {
        each: f"{kind}: {summary(declared)}" for each, kind, declared in _all() if word and word in _words(declared)
    }
    if not found:
        near = nearest(name, [each for each, _, _ in _all()])
        raise ToolError(f"Keras has no {quoted(name)}" + (f"; did you mean {near}?" if near else ""))
    shown = dict(list(found.items())[:_MOST])
    if len(found) > _MOST:
        shown["…"] = f"{len(found) - _MOST} more: use a longer word"
    return {"found": shown}


def _named(name: str) -> Iterator[tuple[str, type[KerasObject]]]:
    layer = layer_class(name)
    if layer is not None:
        yield "layer", layer
    for kind in FAMILIES:
        declared = kind.class_named(name)
        if declared is not None:
            yield kind.noun, declared


def _all() -> Iterator[tuple[str, str, type[KerasObject]]]:
    """Every class once: its name, its kind, and its declaration."""
    for name in LAYERS:
        declared = layer_class(name)
        if declared is not None:
            yield name, "layer", declared
    for kind in FAMILIES:
        classes = {each.stands_for if isinstance(each, Named) else each for each in kind.names().values()}
        for one in sorted(filter(None, classes), key=lambda each: each.__name__):
            yield one.__name__, kind.noun, one


def _words(declared: type[KerasObject]) -> str:
    """What a class is searched by: its name, its summary, and what its traits mean."""
    traits = declared.traits if issubclass(declared, Layer) else ()
    return " ".join([declared.__name__, summary(declared), *map(LAYER_TRAITS.__getitem__, traits)]).lower()


def _class(kind: str, declared: type[KerasObject]) -> ClassHelp:
    arguments: dict[str, ArgumentHelp] = {}
    example: dict[str, Any] = {"type": declared.__name__}
    required = declared.required()
    for name, field in declared.model_fields.items():
        values = kind_of_field(field)
        argument: ArgumentHelp = {"accepts": str(values.text)}
        if field.description:
            argument["about"] = field.description
        if name in required:
            # A window has few positions, units and filters are many.
            is_window = any(values.accepts([3] * rank) for rank in (1, 2, 3))
            choices = (3, *_EXAMPLES) if is_window else _EXAMPLES
            example.update((name, value) for value in choices if name not in example and values.accepts(value))
        else:
            argument["default"] = json_default(field)
        arguments[field.alias or name] = argument
    answer: ClassHelp = {"name": declared.__name__, "kind": kind, "summary": summary(declared), "arguments": arguments}
    if example.keys() >= {*required} and (kind != "layer" or _is_accepted(example)):
        answer["example"] = example
    return answer


def _is_accepted(layer: dict[str, Any]) -> bool:
    """Whether a layer is accepted, but for the shape of its input."""
    report = check({"seqspec": 1, "model": {"input": ["a", "b", "c"], "layers": [layer]}})
    return not any(finding.severity == "error" and family(finding.code) < "2" for finding in report.diagnostics)
