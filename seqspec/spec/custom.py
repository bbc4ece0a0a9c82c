"""Classes of the author's own: `[custom.Name]` declares one, `{ custom = "Name", ... }` uses it.

A check imports nothing: arguments are validated by the JSON Schema of the declaration, shapes follow from its rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seqspec.catalog.environment import Environment
from seqspec.catalog.index import layer_class
from seqspec.catalog.kinds import show_value
from seqspec.catalog.layer import Layer, Outputs, wrong_rank
from seqspec.catalog.objects import CustomUse
from seqspec.diagnostics.problem import NOTHING, Path, Problem
from seqspec.language.arithmetic import evaluate, parse
from seqspec.shapes.dims import Size
from seqspec.shapes.tensor import TensorSpec, WeightSpec
from seqspec.spec.keys import check_keys

_KEYS = ("import", "kind", "input_shape", "output_shape", "params", "args", "dtype", "supports_masking")
_KINDS = ("layer", "loss", "metric", "callback")
_IMPORT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z_]\w*")


class CustomClass:
    """One declared class.

    `input_shape` binds the names of a sample's sizes, or None where any shape is taken; `output_shape` is a list of
    arithmetic expressions, `"same"`, or the catalogue layer whose shape rule is borrowed; `params` an expression.
    """

    def __init__(self, name: str, table: Mapping[str, Any]) -> None:
        self.name = name
        self.target: str = table["import"]
        self.kind: str = table.get("kind", "layer")
        self.input_shape: list[Any] | None = table.get("input_shape")
        self.output_shape: Any = table.get("output_shape", "same")
        self.params: str | None = table.get("params")
        self.schema: Mapping[str, Any] = table.get("args", {})
        self.dtype: str | None = table.get("dtype")
        self.supports_masking: bool = table.get("supports_masking", False)

    @property
    def module(self) -> str:
        """The module that `build` imports where the caller allows it."""
        return self.target.partition(":")[0]

    def defaults(self) -> dict[str, Any]:
        """The defaults that the JSON Schema gives."""
        properties = self.schema.get("properties", {})
        return {
            key: entry["default"]
            for key, entry in properties.items()
            if isinstance(entry, Mapping) and "default" in entry
        }


class CustomObject(CustomUse):
    """A use of a declared loss, metric or callback."""

    def __init__(self, declared: CustomClass, arguments: dict[str, Any]) -> None:
        self.kind = declared.kind
        self.definition = declared
        self.arguments = arguments

    def to_tree(self) -> dict[str, Any]:
        """The long form."""
        return {"custom": self.definition.name, **self.arguments}


class CustomLayer(Layer):
    """A use of a declared layer class; `class_arguments` go to its constructor."""

    tag = "custom"
    definition: CustomClass
    class_arguments: dict[str, Any]

    @property
    def class_name(self) -> str:
        """The name under `[custom]`."""
        return self.definition.name

    def to_tree(self) -> dict[str, Any]:
        own = {key: value for key, value in vars(self).items() if key in type(self).arguments}
        return {"custom": self.definition.name, **self.class_arguments, **own}

    def output(self, x: TensorSpec, env: Environment) -> Outputs:
        names = self._bind(x)
        rule = self.definition.output_shape
        dtype = self.definition.dtype or self.compute_dtype(env)
        if rule == "same":
            return x.with_dims(x.dims, dtype)
        if isinstance(rule, Mapping):
            return self._like(rule["like"]).output(x, env)
        return TensorSpec((x.dims[0], *(self._size(expression, names) for expression in rule)), dtype)

    def mask(self, x: TensorSpec, y: TensorSpec) -> tuple[Size, ...] | None:
        return x.mask if self.definition.supports_masking else None

    def variables(self, x: TensorSpec, env: Environment) -> Sequence[WeightSpec]:
        if self.definition.params is None:
            return ()
        count = evaluate(parse(self.definition.params), self._bind(x))
        if not isinstance(count, int):
            raise Problem("unknown-size", f"params needs sizes that are known, and gives {count}", on="layer")
        return (WeightSpec("params", (max(count, 0),), self.variable_dtype(env)),)

    def _bind(self, x: TensorSpec) -> dict[str, Size]:
        names: dict[str, Size] = {}
        declared = self.definition.input_shape
        if declared is not None:
            if len(declared) != len(x.sample):
                shape = ", ".join(map(str, declared))
                raise wrong_rank(x, f"needs ({shape})", len(declared) + 1)
            for entry, size in zip(declared, x.sample):
                if isinstance(entry, str):
                    if entry != "?":
                        names[entry] = size
                elif isinstance(size, int) and entry != size:
                    raise Problem(
                        "shape-mismatch",
                        f"needs ({', '.join(map(str, declared))}), but {x} arrives",
                        on="layer",
                        label=f"needs {entry}, got {size}",
                    )
        for key, value in {**self.definition.defaults(), **self.class_arguments}.items():
            if type(value) is int:
                names[key] = value
        return names

    def _size(self, expression: Any, names: Mapping[str, Size]) -> Size:
        return expression if isinstance(expression, int) else evaluate(parse(expression), names)

    def _like(self, name: str) -> Layer:
        found = layer_class(name)
        assert found is not None
        problems: list[Problem] = []
        shared = {key: value for key, value in self.class_arguments.items() if key in found.arguments}
        layer = found.read(shared, problems)
        if problems or layer is None:
            reason = problems[0].message if problems else "its arguments do not suffice"
            raise Problem("bad-custom", f"its shape is declared to be like {name}'s, but {reason}", on="layer")
        return layer


def read_custom(tree: Any, problems: list[Problem]) -> dict[str, CustomClass]:
    """Reads the table `custom`; declarations with a mistake are left out."""
    if not isinstance(tree, Mapping):
        problems.append(Problem("wrong-type", f"custom needs a table of classes, got {show_value(tree)}"))
        return {}
    classes = {}
    for name, table in tree.items():
        found = list(_mistakes(name, table))
        problems.extend(problem.within(name) for problem in found)
        if not found:
            classes[name] = CustomClass(name, table)
    return classes


def _mistakes(name: str, table: Any) -> Iterator[Problem]:
    if not isinstance(table, Mapping):
        yield Problem("wrong-type", f"a custom class needs a table, got {show_value(table)}")
        return
    found: list[Problem] = []
    check_keys(table, _KEYS, f"[custom.{name}]", found)
    yield from found
    target = table.get("import")
    if target is None:
        yield Problem("missing-key", f"[custom.{name}] has no import", help='write import = "my_layers:MyLayer"')
    elif not isinstance(target, str) or not _IMPORT.fullmatch(target):
        yield Problem(
            "bad-custom",
            f"import names a module and a class, got {show_value(target)}",
            path=("import",),
            help='write import = "my_layers:MyLayer"',
        )
    if table.get("kind", "layer") not in _KINDS:
        yield Problem("bad-value", f"kind is none of {', '.join(_KINDS)}", path=("kind",))
    yield from _shape_mistakes(table)
    if "args" in table:
        yield from _schema_mistakes(table["args"])


def _shape_mistakes(table: Mapping[str, Any]) -> Iterator[Problem]:
    shape = table.get("input_shape")
    if shape is not None and (
        not isinstance(shape, list)
        or not all(type(s) is int or (isinstance(s, str) and (s == "?" or _NAME.fullmatch(s))) for s in shape)
    ):
        yield Problem("bad-custom", "input_shape is a list of sizes and names", path=("input_shape",))
    rule = table.get("output_shape", "same")
    if isinstance(rule, Mapping):
        if set(rule) != {"like"} or not isinstance(rule["like"], str) or layer_class(rule["like"]) is None:
            yield Problem(
                "bad-custom", 'output_shape is like a Keras layer: { like = "Conv1D" }', path=("output_shape",)
            )
    elif isinstance(rule, list):
        for index, entry in enumerate(rule):
            yield from _expression_mistakes(entry, ("output_shape", index))
    elif rule != "same":
        yield Problem(
            "bad-custom", 'output_shape is a list of sizes, "same" or { like = "Conv1D" }', path=("output_shape",)
        )
    if "params" in table:
        yield from _expression_mistakes(table["params"], ("params",))


def _expression_mistakes(entry: Any, path: Path) -> Iterator[Problem]:
    if type(entry) is int:
        return
    if not isinstance(entry, str):
        yield Problem("bad-custom", f"a size is a whole number or arithmetic, got {show_value(entry)}", path=path)
        return
    try:
        parse(entry)
    except Problem as problem:
        yield problem.within(*path)


_UNSAFE = ("pattern", "patternProperties")


def _schema_mistakes(schema: Any) -> Iterator[Problem]:
    if not isinstance(schema, Mapping):
        yield Problem("bad-custom", f"args is a JSON Schema, got {show_value(schema)}", path=("args",))
        return
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    for path, key in _keywords(schema, ("args",)):
        if key in _UNSAFE:
            # A regular expression from a document could run for ever.
            yield Problem("bad-custom", f"{key} is not read here", path=path, on="key", help="use enum or const")
            return
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        yield Problem("bad-custom", f"args is no valid JSON Schema: {error.message[:200]}", path=("args", *error.path))


def _keywords(tree: Any, path: Path) -> Iterator[tuple[Path, str]]:
    pending = [(tree, path)]
    while pending:
        entry, at = pending.pop()
        if isinstance(entry, Mapping):
            for key, value in entry.items():
                yield (*at, key), key
                pending.append((value, (*at, key)))
        elif isinstance(entry, list):
            pending.extend((value, (*at, index)) for index, value in enumerate(entry))


def resolve_custom(tree: Any, classes: Mapping[str, CustomClass], problems: list[Problem], path: Path = ()) -> Any:
    """The tree with every `{ custom = ... }` replaced by what it stands for; the tree itself is not changed."""
    if isinstance(tree, Mapping):
        if "custom" in tree and "type" not in tree:
            return _use(tree, classes, problems, path)
        return {key: resolve_custom(value, classes, problems, (*path, key)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [resolve_custom(value, classes, problems, (*path, index)) for index, value in enumerate(tree)]
    return tree


def _use(tree: Mapping[str, Any], classes: Mapping[str, CustomClass], problems: list[Problem], path: Path) -> Any:
    declared = classes.get(tree["custom"]) if isinstance(tree["custom"], str) else None
    if declared is None:
        problems.append(unknown_class(tree["custom"], classes).within(*path))
        return None
    layer_arguments = Layer.arguments if declared.kind == "layer" else {}
    properties = declared.schema.get("properties", {})
    common = {key: value for key, value in tree.items() if key in layer_arguments and key not in properties}
    arguments = {
        key: value for key, value in tree.items() if key != "custom" and key not in common and not key.startswith("x-")
    }
    found = list(_argument_mistakes(declared, arguments))
    problems.extend(problem.within(*path) for problem in found)
    if declared.kind != "layer":
        return NOTHING if found else CustomObject(declared, arguments)
    read: list[Problem] = []
    layer = CustomLayer.read(common, read)
    problems.extend(problem.within(*path) for problem in read)
    if layer is None or found:
        return None
    layer.definition, layer.class_arguments = declared, arguments
    return layer


def unknown_class(name: Any, classes: Mapping[str, CustomClass]) -> Problem:
    """The problem for a class that is not declared."""
    from seqspec.language.names import nearest

    near = nearest(name, classes) if isinstance(name, str) else None
    return Problem(
        "bad-custom",
        f"no class {show_value(name)} is declared under [custom]",
        path=("custom",),
        label=f'did you mean "{near}"?' if near else None,
        help=f'write custom = "{near}"' if near else f"declare it: [custom.{name}] with import and output_shape",
    )


def _argument_mistakes(declared: CustomClass, arguments: dict[str, Any]) -> Iterator[Problem]:
    if not declared.schema:
        return
    from seqspec.spec.json_schema import violations

    for problem in violations(declared.schema, arguments):
        if problem.rule == "policy":
            problem.rule = "bad-custom"
        yield problem
