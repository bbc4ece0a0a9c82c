"""Classes of the author's own: `[custom.Name]` declares one, `{ custom = "Name", ... }` uses it.

A check imports nothing: arguments are validated by the JSON Schema of the declaration, shapes follow from its rules.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr

from seqspec.catalog.dtypes import DTYPES, unknown
from seqspec.catalog.index import ALIASES, LAYERS, layer_class
from seqspec.diagnostics.quote import quote_value
from seqspec.diagnostics.violation import Path, Violation
from seqspec.document.keys import check_keys
from seqspec.document.table import Table
from seqspec.language.arithmetic import names, parse

CUSTOM_KEYS = ("import", "kind", "input_shape", "output_shape", "params", "args", "dtype", "supports_masking")
"""The keys of the declaration of a class, in canonical order."""

_OF_LAYERS = ("input_shape", "output_shape", "params", "dtype", "supports_masking")
KINDS = ("layer", "loss", "metric", "callback")
"""What a class may be declared as."""

_IMPORT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WRITE_IMPORT = 'write import = "my_layers:MyLayer"'


class CustomClass(Table):
    """One declared class.

    `input_shape` binds the names of one sample's dimensions, or None where any shape is accepted; `output_shape` is a
    list of
    arithmetic expressions, `"same"`, or the catalog layer whose shape rule is borrowed; `params` an expression.
    """

    title = "[custom.…]"

    import_: str = Field(alias="import", description="Import path of the form module:Class, such as my_layers:MyLayer.")
    kind: Literal["layer", "loss", "metric", "callback"] = Field(default="layer", description="Kind of class.")
    input_shape: list[Any] | None = Field(
        default=None, description="Input shape without the batch size; names bind dimensions."
    )
    output_shape: list[str | int] | str | dict[str, str] = Field(
        default="same",
        description='Output shape without the batch size: numbers and arithmetic, "same", or { like = "Conv1D" }.',
    )
    params: str | int | None = Field(
        default=None, description="Number of parameters: a number or an arithmetic expression."
    )
    args: dict[str, Any] = Field(default={}, description="JSON Schema of the arguments.")
    dtype: str | None = Field(default=None, description="Output dtype.")
    supports_masking: bool = Field(default=False, description="Whether the layer propagates masks.")

    _name: str = PrivateAttr(default="")

    @classmethod
    def declared(cls, name: str, table: Mapping[str, Any]) -> Self:
        """The class that a valid table under `[custom]` declares."""
        values = {("import_" if key == "import" else key): value for key, value in table.items()}
        made = cls.model_construct(set(values), **values)
        made._name = name
        return made

    @property
    def name(self) -> str:
        """The name under which specs use the class."""
        return self._name

    @property
    def target(self) -> str:
        """Module and class."""
        return self.import_

    @property
    def module(self) -> str:
        """The module that `build` imports where the caller allows it."""
        return self.target.partition(":")[0]

    @property
    def properties(self) -> Mapping[str, Any]:
        """The schemas of the arguments by name."""
        found: Mapping[str, Any] = self.args.get("properties", {})
        return found

    def defaults(self) -> dict[str, Any]:
        """The defaults that the JSON Schema returns."""
        return {
            key: entry["default"]
            for key, entry in self.properties.items()
            if isinstance(entry, Mapping) and "default" in entry
        }


Classes = dict[str, CustomClass | None]
"""The declared classes by name; None for one whose declaration has a mistake."""


def read_custom(tree: Any, violations: list[Violation]) -> Classes | None:
    """Reads the table `custom`; None where it is not a table, so that nothing can be said of the uses."""
    if not isinstance(tree, Mapping):
        violations.append(Violation("wrong-type", f"custom must be a table of classes, got {quote_value(tree)}"))
        return None
    classes: Classes = {}
    for name, table in tree.items():
        if name[:2] == "x-":
            continue
        found = list(_mistakes(name, table))
        violations.extend(violation.prefixed(name) for violation in found)
        classes[name] = None if found else CustomClass.declared(name, table)
    return classes


def _mistakes(name: str, table: Any) -> Iterator[Violation]:
    if not _NAME.fullmatch(name):
        yield Violation(
            "bad-custom", f'invalid class name "{name[:60]}"', anchor="key", help="use a valid Python class name"
        )
    if not isinstance(table, Mapping):
        yield Violation(
            "wrong-type",
            f"a custom class must be declared by a table, got {quote_value(table)}",
            help=f'write [custom.{name[:60]}] with import = "my_layers:MyLayer"',
        )
        return
    found: list[Violation] = []
    table = check_keys(table, CUSTOM_KEYS, f"[custom.{name[:60]}]", found)
    yield from found
    yield from _import_mistakes(name, table)
    kind = table.get("kind", "layer")
    if kind not in KINDS:
        yield Violation(
            "bad-value",
            f"kind must be one of {', '.join(KINDS)}, got {quote_value(kind, typed=False)}",
            path=("kind",),
        )
    elif kind != "layer":
        for key in _OF_LAYERS:
            if key in table:
                yield Violation(
                    "bad-custom",
                    f"unexpected key {key} for a custom {kind}",
                    path=(key,),
                    anchor="key",
                    help=f"remove {key}",
                )
    yield from _shape_mistakes(table)
    yield from _flag_mistakes(table)
    if "args" in table:
        from seqspec.document.json_schema import schema_mistakes

        yield from schema_mistakes(table["args"], ("args",))


def _import_mistakes(name: str, table: Mapping[str, Any]) -> Iterator[Violation]:
    if "import" not in table:
        yield Violation("missing-key", f"missing key import in [custom.{name[:60]}]", help=_WRITE_IMPORT)
        return
    target = table["import"]
    if isinstance(target, str) and _IMPORT.fullmatch(target):
        return
    meant = None
    if isinstance(target, str) and ":" not in target:
        module, _, found = target.rpartition(".")
        meant = f"{module}:{found}" if _IMPORT.fullmatch(f"{module}:{found}") else None
    yield Violation(
        "bad-custom",
        f"import must be of the form module:Class, got {quote_value(target)}",
        path=("import",),
        help=f'write import = "{meant}"' if meant else _WRITE_IMPORT,
    )


def _flag_mistakes(table: Mapping[str, Any]) -> Iterator[Violation]:
    masking = table.get("supports_masking", False)
    if type(masking) is not bool:
        yield Violation(
            "wrong-type",
            f"supports_masking must be true or false, got {quote_value(masking)}",
            path=("supports_masking",),
        )
    dtype = table.get("dtype", "float32")
    if not isinstance(dtype, str):
        yield Violation(
            "wrong-type", f'dtype must be a dtype such as "float32", got {quote_value(dtype)}', path=("dtype",)
        )
    elif dtype not in DTYPES:
        yield unknown(dtype, sorted(DTYPES)).prefixed("dtype")


def _shape_mistakes(table: Mapping[str, Any]) -> Iterator[Violation]:
    arguments = _argument_names(table)
    bound: list[str] = []
    shape = table.get("input_shape")
    if shape is not None and not isinstance(shape, list):
        yield Violation(
            "bad-custom",
            f"input_shape must be a list of sizes and names, got {quote_value(shape)}",
            path=("input_shape",),
            help='write input_shape = ["T", "C"]',
        )
    for index, entry in enumerate(shape if isinstance(shape, list) else ()):
        if isinstance(entry, str) and _NAME.fullmatch(entry):
            bound.append(entry)
            if entry in arguments:
                yield Violation(
                    "bad-custom",
                    f"{entry} is both a dimension of input_shape and an argument",
                    path=("input_shape", index),
                    help="rename the dimension",
                )
        elif not (entry in (None, "?") or (type(entry) is int and entry >= 0)):
            yield Violation(
                "bad-custom",
                f"a dimension must be an integer or a name, got {quote_value(entry)}",
                path=("input_shape", index),
                help='write a name such as "T", or "?"',
            )
    # Where the arguments are not all declared, a name may be one of them.
    certain = _is_closed(table) and (shape is None or isinstance(shape, list))
    known = [*bound, *arguments] if certain else None
    rule = table.get("output_shape", "same")
    if isinstance(rule, Mapping):
        yield from _like_mistakes(rule)
    elif isinstance(rule, list):
        for index, entry in enumerate(rule):
            yield from _expression_mistakes(entry, ("output_shape", index), known)
    elif rule != "same":
        yield Violation(
            "bad-custom",
            f"output_shape must be a list of dimensions, got {quote_value(rule)}",
            path=("output_shape",),
            help='write output_shape = ["$units"], "same" or { like = "Conv1D" }',
        )
    if "params" in table:
        yield from _expression_mistakes(table["params"], ("params",), known)


def _argument_names(table: Mapping[str, Any]) -> list[str]:
    schema = table.get("args")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return list(properties) if isinstance(properties, Mapping) else []


def _is_closed(table: Mapping[str, Any]) -> bool:
    schema = table.get("args")
    return isinstance(schema, Mapping) and schema.get("additionalProperties") is False


def _like_mistakes(rule: Mapping[str, Any]) -> Iterator[Violation]:
    from seqspec.language.names import nearest

    for key in rule:
        if key != "like":
            yield Violation(
                "bad-custom",
                f"unexpected key {key[:60]} next to like",
                path=("output_shape", key),
                anchor="key",
                help=f"remove it; {key[:60]} is set where the class is used",
            )
    name = rule.get("like")
    if not isinstance(name, str):
        yield Violation(
            "bad-custom",
            "output_shape must be a list, a string or a table with like",
            path=("output_shape",),
            help='write { like = "Conv1D" }',
        )
    elif layer_class(name) is None:
        near = nearest(name, [*LAYERS, *ALIASES])
        yield Violation(
            "unknown-layer",
            f'unknown layer type "{name[:60]}"',
            path=("output_shape", "like"),
            label=f"did you mean {near}?" if near else None,
            help=f'write "{near}"' if near else "use a Keras layer that can be declared in a spec",
            suggestion=near,
        )


def _expression_mistakes(entry: Any, path: Path, known: list[str] | None) -> Iterator[Violation]:
    if type(entry) is int and entry >= 0:
        return
    if not isinstance(entry, str):
        yield Violation(
            "bad-custom",
            f"params must be a number or an arithmetic expression, got {quote_value(entry)}",
            path=path,
            help='write "2 * units"',
        )
        return
    try:
        node = parse(entry)
    except Violation as violation:
        yield violation.prefixed(*path)
        return
    if known is None:
        return
    for name in sorted(names(node) - set(known)):
        from seqspec.language.names import nearest

        near = nearest(name, known)
        start = entry.index(name)
        yield Violation(
            "bad-custom",
            f"unknown name {name}: neither a dimension of input_shape nor an argument",
            path=path,
            string_range=(start, start + len(name)),
            label=f"did you mean {near}?" if near else None,
            help=f"write {near}" if near else f"available: {', '.join(known)}"[:300] if known else "write a number",
            suggestion=near,
        )
