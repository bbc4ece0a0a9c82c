"""Custom classes: `[custom.Name]` declares one, `{ custom = "Name", ... }` uses it, also as a layer in a stack."""

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr

from seqspec.core.catalog.dtypes import DTypeName
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.keras_object import KerasObject, given_arguments
from seqspec.core.catalog.layer import InferenceContext, Layer, Outputs, wrong_rank
from seqspec.core.catalog.objects import OWN_KINDS, CustomUse, undeclared
from seqspec.core.catalog.types import read_by
from seqspec.core.catalog.validation import wrong_choice
from seqspec.core.diagnostics.message import Setting, TableName, Value, alternatives, fmt, quote_value
from seqspec.core.diagnostics.suggest import SuggestionTemplate, suggest
from seqspec.core.diagnostics.violation import UNSET, Path, Violation, Violations
from seqspec.core.document.base_table import Table
from seqspec.core.language.arithmetic import evaluate, names, parse
from seqspec.core.language.keys import ALIASES
from seqspec.core.language.numbers import read_fraction
from seqspec.core.shapes.tensor import Size, TensorSpec, WeightSpec, show
from seqspec.core.syntax.document import Tree

_OF_LAYERS = ("input_shape", "output_shape", "params", "dtype", "supports_masking")
KINDS = ("layer", *OWN_KINDS)
"""The kinds of custom classes."""

_IMPORT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WRITE_IMPORT = fmt("write {}", Setting("import", "my_layers:MyLayer"))


def _import(value: object) -> str:
    if isinstance(value, str) and _IMPORT.fullmatch(value):
        return value
    meant = None
    if isinstance(value, str) and ":" not in value:
        module, _, class_name = value.rpartition(".")
        meant = f"{module}:{class_name}" if _IMPORT.fullmatch(f"{module}:{class_name}") else None
    raise Violation(
        "bad-custom",
        f"must be of the form module:Class, got {quote_value(value)}",
        help=fmt("write {}", Setting("import", meant)) if meant else _WRITE_IMPORT,
    )


def _kind(value: object) -> object:
    if isinstance(value, str) and value not in KINDS:
        raise wrong_choice(value, KINDS, _KIND)
    if not isinstance(value, str):
        raise Violation("bad-value", f"must be {_KIND}, got {quote_value(value)}")
    return value


def _input_shape(value: object) -> object:
    if value is None:
        return None
    if not isinstance(value, list):
        raise Violation(
            "bad-custom",
            f"must be {_BOUND}, got {quote_value(value)}",
            help=fmt("write {}", Setting("input_shape", ["T", "C"])),
        )
    violations = [
        Violation(
            "bad-custom",
            f"a dimension must be an integer or a name, got {quote_value(entry)}",
            path=(index,),
            help='write a name such as "T", or "?"',
        )
        for index, entry in enumerate(value)
        if not (
            (isinstance(entry, str) and _NAME.fullmatch(entry))
            or entry in (None, "?")
            or (type(entry) is int and entry >= 0)
        )
    ]
    if violations:
        raise Violations(violations)
    return value


def _output_shape(value: object) -> object:
    if isinstance(value, Mapping):
        violations = list(_like_mistakes(value))
    elif isinstance(value, list):
        violations = []
        for index, entry in enumerate(value):
            try:
                _expression(entry)
            except Violation as violation:
                violations.append(violation.prefixed(index))
    elif value == "same":
        return value
    else:
        raise Violation(
            "bad-custom",
            f"must be a list of dimensions, got {quote_value(value)}",
            help=fmt('write {}, "same" or {}', Setting("output_shape", ["$units"]), Value({"like": "Conv1D"})),
        )
    if violations:
        raise Violations(violations)
    return value


def _expression(value: object) -> object:
    if type(value) is int and value >= 0:
        return value
    if not isinstance(value, str):
        raise Violation("bad-custom", f"must be {_EXPRESSION}, got {quote_value(value)}", help='write "2 * units"')
    parse(value)
    return value


def _arguments(value: object) -> object:
    from seqspec.core.document.json_schema import schema_mistakes

    violations = list(schema_mistakes(value, ()))
    if violations:
        raise Violations(violations)
    return value


def _like_mistakes(rule: Mapping[str, object]) -> Iterator[Violation]:

    for key in rule:
        if key != "like":
            yield Violation(
                "bad-custom",
                f"unexpected key {key[:60]} next to like",
                path=(key,),
                anchor="key",
                help=f"remove it; {key[:60]} is set where the class is used",
            )
    name = rule.get("like")
    if not isinstance(name, str):
        yield Violation(
            "bad-custom",
            "output_shape must be a list, a string or a table with like",
            help=fmt("write {}", Value({"like": "Conv1D"})),
        )
    elif layer_class(name) is None:
        otherwise = "use a Keras layer that can be declared in a spec"
        yield Violation(
            "unknown-layer",
            f'unknown layer type "{name[:60]}"',
            path=("like",),
            **suggest(name, [*LAYERS, *ALIASES], otherwise, SuggestionTemplate.LAYER).arguments(),
        )


_KIND = alternatives([f'"{kind}"' for kind in KINDS])
_BOUND = "a list of sizes and names"
_EXPRESSION = "a number or an arithmetic expression"
ImportPath = Annotated[str, *read_by(_import, "a path of the form module:Class")]
Kind = Annotated[Literal["layer", "loss", "metric", "callback"], *read_by(_kind, _KIND)]
BoundShape = Annotated[list[Any] | None, *read_by(_input_shape, _BOUND)]
ShapeRule = Annotated[list[str | int] | str | dict[str, str], *read_by(_output_shape, "a list of dimensions")]
Expression = Annotated[str | int, *read_by(_expression, _EXPRESSION)]
ArgumentSchema = Annotated[dict[str, Any], *read_by(_arguments, "a JSON Schema of the arguments")]


class CustomClass(Table):
    """One declared custom class.

    `input_shape` binds the names of one sample's dimensions, or None where any shape is accepted; `output_shape` is a
    list of arithmetic expressions, `"same"`, or the catalog layer whose shape rule is borrowed; `params` an expression.
    """

    title = "a custom class"

    import_: ImportPath = Field(
        alias="import", description="Import path of the form module:Class, such as my_layers:MyLayer."
    )
    kind: Kind = Field(default="layer", description="Kind of class.")
    input_shape: BoundShape = Field(
        default=None, description="Input shape without the batch size; names bind dimensions."
    )
    output_shape: ShapeRule = Field(
        default="same",
        description='Output shape without the batch size: numbers and arithmetic, "same", or { like = "Conv1D" }.',
    )
    params: Expression | None = Field(
        default=None, description="Number of parameters: a number or an arithmetic expression."
    )
    args: ArgumentSchema = Field(default={}, description="JSON Schema of the arguments.")
    dtype: DTypeName | None = Field(default=None, description="Output dtype.")
    supports_masking: bool = Field(default=False, description="Whether the layer propagates masks.")

    _name: str = PrivateAttr(default="")

    def check_arguments(self) -> None:
        violations = list(_mistakes_together(self.written()))
        if violations:
            raise Violations(violations)

    @classmethod
    def read(cls, tree: Mapping[str, object], violations: list[Violation]) -> Self | None:
        mistakes: list[Violation] = []
        instance = super().read(tree, mistakes)
        if mistakes:
            # Conflicting keys are reported even if another key is invalid.
            reported = {(violation.path, violation.message) for violation in mistakes}
            mistakes += [
                mistake for mistake in _mistakes_together(tree) if (mistake.path, mistake.message) not in reported
            ]
        violations.extend(mistakes)
        return instance

    @classmethod
    def declared(cls, name: str, tree: Mapping[str, object], violations: list[Violation]) -> Self | None:
        """The class that a table under `[custom]` declares; None if the declaration is invalid."""
        mistakes: list[Violation] = []
        instance = cls.read(tree, mistakes)
        violations.extend(mistakes)
        if mistakes or instance is None:
            return None
        instance._name = name
        return instance

    @classmethod
    def missing_argument(cls, name: str) -> Violation:
        return super().missing_argument(name).replace(help=_WRITE_IMPORT)

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
        """The module that `build` imports if the caller allows it."""
        return self.target.partition(":")[0]

    @property
    def properties(self) -> Mapping[str, object]:
        """The schemas of the arguments by name."""
        properties: Mapping[str, object] = self.args.get("properties", {})
        return properties

    def defaults(self) -> dict[str, object]:
        """The defaults in the JSON Schema of the arguments."""
        return {
            key: entry["default"]
            for key, entry in self.properties.items()
            if isinstance(entry, Mapping) and "default" in entry
        }


Classes = dict[str, CustomClass | None]
"""The declared classes by name; None for an invalid declaration."""


def read_custom(tree: object, violations: list[Violation]) -> Classes | None:
    """Reads the table `custom`; None if it is not a table, so that uses cannot be checked."""
    if not isinstance(tree, Mapping):
        violations.append(Violation("wrong-type", f"custom must be a table of classes, got {quote_value(tree)}"))
        return None
    classes: Classes = {}
    for name, table in tree.items():
        if name[:2] == "x-":
            continue
        mistakes: list[Violation] = []
        if not _NAME.fullmatch(name):
            message = f'invalid class name "{name[:60]}"'
            mistakes.append(Violation("bad-custom", message, anchor="key", help="use a valid Python class name"))
        if isinstance(table, Mapping):
            declared = CustomClass.declared(name, table, mistakes)
        else:
            declared = None
            mistakes.append(
                Violation(
                    "wrong-type",
                    f"a custom class must be declared by a table, got {quote_value(table)}",
                    help=fmt(
                        "write {} with {}", TableName(("custom", name[:60])), Setting("import", "my_layers:MyLayer")
                    ),
                )
            )
        violations.extend(violation.prefixed(name) for violation in mistakes)
        classes[name] = None if mistakes else declared
    return classes


def _mistakes_together(table: Mapping[str, object]) -> Iterator[Violation]:
    """Conflicts between keys; keys that are invalid by themselves are ignored."""
    kind = table.get("kind", "layer")
    if kind in KINDS and kind != "layer":
        for key in _OF_LAYERS:
            if key in table:
                yield Violation(
                    "bad-custom",
                    f"unexpected key {key} for a custom {kind}",
                    path=(key,),
                    anchor="key",
                    help=f"remove {key}",
                )
    arguments = _argument_names(table)
    shape = table.get("input_shape")
    bound: list[str] = []
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
    # If the arguments are not all declared, a name may be one of them.
    if not _is_closed(table) or not (shape is None or isinstance(shape, list)):
        return
    own_names = [*bound, *arguments]
    rule = table.get("output_shape")
    for index, entry in enumerate(rule if isinstance(rule, list) else ()):
        yield from _unknown_names(entry, ("output_shape", index), own_names)
    yield from _unknown_names(table.get("params"), ("params",), own_names)


def _argument_names(table: Mapping[str, object]) -> list[str]:
    schema = table.get("args")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return list(properties) if isinstance(properties, Mapping) else []


def _is_closed(table: Mapping[str, object]) -> bool:
    schema = table.get("args")
    return isinstance(schema, Mapping) and schema.get("additionalProperties") is False


def _unknown_names(entry: object, path: Path, known: list[str]) -> Iterator[Violation]:
    if not isinstance(entry, str):
        return
    try:
        node = parse(entry)
    except Violation:
        return
    for name in sorted(names(node) - set(known)):
        otherwise = f"available: {', '.join(known)}"[:300] if known else "write a number"
        start = entry.index(name)
        yield Violation(
            "bad-custom",
            f"unknown name {name}: neither a dimension of input_shape nor an argument",
            path=path,
            string_range=(start, start + len(name)),
            **suggest(name, known, otherwise).arguments(),
        )


class CustomLayer(Layer, CustomUse):
    """A use of a custom layer; `class_arguments` are passed to its constructor."""

    tag = "custom"
    definition: ClassVar[CustomClass]

    @property
    def kind(self) -> str:
        return "layer"

    class_arguments: dict[str, Any] = Field(default={}, description="Arguments of the class.")

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.definition, given_arguments(self))

    def to_tree(self) -> Tree:
        arguments = {key: value for key, value in given_arguments(self).items() if key != "class_arguments"}
        return {"custom": self.definition.name, **self.class_arguments, **arguments}

    def compute_output_spec(self, x: TensorSpec, env: InferenceContext) -> Outputs:
        bound = self._bind(x)
        self._count(bound)
        rule = self.definition.output_shape
        dtype = self.definition.dtype or self.compute_dtype(env)
        if rule == "same":
            return x.with_dims(x.dims, dtype)
        if isinstance(rule, Mapping):
            y = self._like(rule["like"]).compute_output_spec(x, env)
            if self.definition.dtype is None or isinstance(y, list):
                return y
            return y._replace(dtype=dtype)
        sizes = tuple(self._evaluate(expression, bound, "output_shape") for expression in rule)
        if any(isinstance(size, int) and size < 0 for size in sizes):
            raise Violation(
                "shape-mismatch",
                f"has the negative output shape {show(sizes)} for input {show(x.sample)}",
                anchor="layer",
                label="negative dimension",
            )
        return TensorSpec((x.dims[0], *sizes), dtype)

    def mask(self, x: TensorSpec, y: TensorSpec) -> tuple[Size, ...] | None:
        return x.mask if self.definition.supports_masking else None

    def own_weights(self, x: TensorSpec, env: InferenceContext) -> Sequence[WeightSpec]:
        count = self._count(self._bind(x))
        return () if count is None else (WeightSpec("params", (count,), self.variable_dtype(env)),)

    def _count(self, bound: Mapping[str, Size]) -> int | None:
        """The declared number of parameters, if any."""
        if self.definition.params is None:
            return None
        count = self._evaluate(self.definition.params, bound, "params")
        if not isinstance(count, int):
            raise Violation(
                "unknown-size",
                f"needs known dimensions to count its parameters, got {count}",
                anchor="layer",
                label=f"{count} is unknown",
                help=fmt(
                    "params of {} must not depend on an unknown dimension", TableName(("custom", self.definition.name))
                ),
            )
        if count < 0:
            raise Violation("bad-custom", f"has a negative number of parameters: {count}", anchor="layer")
        return count

    def _bind(self, x: TensorSpec) -> dict[str, Size]:
        """The names in its expressions: input sizes and integer arguments."""
        bound: dict[str, Size] = {}
        declared = self.definition.input_shape
        if declared is not None:
            shape = f"({', '.join('?' if entry is None else str(entry) for entry in declared)})"
            if len(declared) != len(x.sample):
                raise wrong_rank(x, f"expected input of shape {shape}", len(declared) + 1)
            for entry, size in zip(declared, x.sample):
                if entry is None or entry == "?":
                    continue
                expected = bound.setdefault(entry, size) if isinstance(entry, str) else entry
                if isinstance(expected, int) and isinstance(size, int) and expected != size:
                    raise Violation(
                        "shape-mismatch",
                        f"expected input of shape {shape}, got {show(x.sample)}",
                        anchor="layer",
                        label=f"expects {expected}, got {size}",
                    )
        for key, value in {**self.definition.defaults(), **self.class_arguments}.items():
            if type(value) is int:
                bound[key] = value
        return bound

    def _evaluate(self, expression: str | int, bound: Mapping[str, Size], noun: str) -> Size:
        if isinstance(expression, int):
            return expression
        node = parse(expression)
        for name in sorted(names(node) - bound.keys()):
            given = self.class_arguments.get(name)
            reason = "which is not set" if given is None else f"which must be an integer, got {quote_value(given)}"
            raise Violation(
                "bad-custom",
                f"computes its {noun} with {name}, {reason}",
                path=(name,) if name in self.class_arguments else (),
                anchor="value" if name in self.class_arguments else "layer",
                help=fmt("set {} here, or a default in [custom.{}.args]", Setting(name, ...), self.definition.name),
            )
        try:
            return evaluate(node, bound)
        except Violation as violation:
            raise Violation(
                "bad-custom", f'cannot compute its {noun} "{expression}": {violation.message}', anchor="layer"
            )

    def _like(self, name: str) -> Layer:
        base = layer_class(name)
        assert base is not None
        violations: list[Violation] = []
        shared = {**self.definition.defaults(), **self.class_arguments}
        if self.dtype is not None:
            shared["dtype"] = self.dtype
        layer = base.read({key: value for key, value in shared.items() if key in base.model_fields}, violations)
        if violations or layer is None:
            reason = violations[0].message if violations else "its arguments are insufficient"
            raise Violation(
                "bad-custom", f"its output shape is declared to be like that of {name}, but {reason}", anchor="layer"
            )
        return layer


def layer_type(declared: CustomClass) -> type[CustomLayer]:
    """The class whose instances are uses of a declared layer; it has the name of the declaration."""
    doc = f"The layer that {declared.target} declares."
    namespace = {"__doc__": doc, "__module__": __name__, "definition": declared}
    subclass: type[CustomLayer] = types.new_class(
        declared.name, (CustomLayer,), {}, lambda body: body.update(namespace)
    )
    return subclass


def _again(declared: CustomClass, given: Mapping[str, object]) -> CustomLayer:
    """Restores a pickled use."""
    return layer_type(declared).model_construct(set(given), **given)


class CustomObject(KerasObject, CustomUse):
    """A use of a custom loss, metric or callback."""

    definition: CustomClass
    arguments: Tree

    @property
    def kind(self) -> str:
        return self.definition.kind

    def to_tree(self) -> Tree:
        """The long form."""
        return {"custom": self.definition.name, **self.arguments}


def resolve_custom(tree: object, classes: Classes | None, violations: list[Violation], path: Path = ()) -> object:
    """A copy of the tree with every `{ custom = ... }` replaced by the resolved object.

    An invalid use becomes `UNSET`, after a report. `classes` is None if `[custom]` could not be read.
    """
    if isinstance(tree, Mapping):
        if "custom" in tree and "type" not in tree:
            return _use(tree, classes, violations, path)
        return {
            key: value if key[:2] == "x-" else resolve_custom(value, classes, violations, (*path, key))
            for key, value in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        return [resolve_custom(value, classes, violations, (*path, index)) for index, value in enumerate(tree)]
    return tree


def _use(tree: Mapping[str, object], classes: Classes | None, violations: list[Violation], path: Path) -> object:
    name = tree["custom"]
    if classes is None:
        return UNSET
    if not isinstance(name, str) or name not in classes:
        violations.append(undeclared(name, classes).prefixed(*path))
        return UNSET
    declared = classes[name]
    if declared is None:
        return UNSET
    layer_arguments = Layer.model_fields if declared.kind == "layer" else {}
    properties = declared.properties
    common: dict[str, object] = {}
    arguments: dict[str, object] = {}
    for key, value in tree.items():
        if key == "custom" or (key[:2] == "x-" and key not in properties):
            continue
        if key in layer_arguments and key not in properties:
            common[key] = value
        else:
            arguments[key] = _as_declared(value, properties.get(key))
    mistakes = list(_argument_mistakes(declared, arguments))
    violations.extend(violation.prefixed(*path) for violation in mistakes)
    if declared.kind != "layer":
        return UNSET if mistakes else CustomObject.model_construct(definition=declared, arguments=arguments)
    read: list[Violation] = []
    layer: CustomLayer | None = layer_type(declared).read({**common, "class_arguments": arguments}, read)
    violations.extend(violation.prefixed(*path) for violation in read)
    if layer is None or mistakes:
        return UNSET
    return layer


def _as_declared(value: object, schema: object) -> object:
    """Fractions as numbers and `"none"` as null, if the schema accepts these and no string."""
    if not isinstance(value, str) or not isinstance(schema, Mapping):
        return value
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if "string" in kinds:
        return value
    if value == "none" and "null" in kinds:
        return None
    fraction = read_fraction(value) if "number" in kinds else None
    return value if fraction is None else fraction


def _argument_mistakes(declared: CustomClass, arguments: Mapping[str, object]) -> Iterator[Violation]:
    if not declared.args:
        return
    from seqspec.core.document.json_schema import policy_violations

    yield from policy_violations(declared.args, arguments, rule="bad-custom", subject=declared.name)
