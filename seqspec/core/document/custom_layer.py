"""A custom layer in a stack: its shape and parameter count follow from its declaration."""

import types
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from seqspec.core.catalog.index import layer_class
from seqspec.core.catalog.keras_object import given_arguments
from seqspec.core.catalog.layer import InferenceContext, Layer, Outputs, wrong_rank
from seqspec.core.catalog.objects import CustomUse
from seqspec.core.diagnostics.message import fmt
from seqspec.core.diagnostics.snippet import Setting, TableName, quote_value
from seqspec.core.diagnostics.violation import Violation
from seqspec.core.document.custom import CustomClass
from seqspec.core.language.arithmetic import evaluate, names, parse
from seqspec.core.shapes.tensor import Size, TensorSpec, WeightSpec, show
from seqspec.core.syntax.document import Tree


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
