"""Mistakes in the losses of a program, by the syntax of their functions: no gradient, or swapped arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from enum import IntEnum

from seqspec.programs.values.abstract_values import CodeViolation, FunctionValue

CUTTING = frozenset(
    "argmax argmin argsort bincount ceil equal floor floor_divide floordiv greater greater_equal histogram in_top_k "
    "isclose less less_equal logical_and logical_not logical_or not_equal one_hot rint round searchsorted "
    "stop_gradient".split()
)
"""Functions of Keras and TensorFlow whose output does not depend smoothly on their input, so that gradients end."""

_OF_SHAPES = frozenset("int_shape ndim rank shape size".split())
_LIBRARIES = frozenset(("K", "backend", "keras", "math", "ops", "tf", "tensorflow"))
"""The names under which functions are called that have a gradient unless they are in `CUTTING`."""


_NUMPY = ("np", "numpy")
_WHOLE = re.compile(r"u?int\d*|bool")
_SCORES = ("hamming_loss", "label_ranking_loss", "zero_one_loss")
"""Metrics of scikit-learn that are called losses, and that count mistakes."""


class GradientFlow(IntEnum):
    """How a value depends on the predictions."""

    NONE = 0
    CUT = 1
    SMOOTH = 2


def gradient_mistakes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[CodeViolation]:
    """The function that cuts the gradient of every value that a loss returns; nothing where one may not be cut."""
    parameters = [parameter.arg for parameter in function.args.args if parameter.arg not in ("self", "cls")]
    if len(parameters) < 2 or any(
        isinstance(node, _UNFOLLOWED) for statement in function.body for node in ast.walk(statement)
    ):
        return
    reader = _GradientTracer({parameters[1]: GradientFlow.SMOOTH})
    reader.block(function.body)
    if reader.returned and max(reader.returned) == GradientFlow.CUT and reader.cutting:
        node = reader.cutting[0]
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ast.unparse(node)
        message = f"{name} has no gradient, so this loss cannot train a model"
        yield CodeViolation("no-gradient", message, node, "use a smooth function, or make it a metric")


def named_losses(functions: Sequence[FunctionValue]) -> Iterator[CodeViolation]:
    """Notes on functions that are called losses, `def my_loss(y_true, y_pred)`, for a file that compiles no model."""
    for function in functions:
        parameters = [parameter.arg for parameter in function.node.args.args if parameter.arg not in ("self", "cls")]
        name = function.name.lower()
        if "loss" not in name or name in _SCORES or len(parameters) != 2 or "pred" not in parameters[1]:
            continue
        if not isinstance(function.node, ast.Lambda):
            yield from (mistake._replace(severity="warning") for mistake in gradient_mistakes(function.node))


_UNFOLLOWED = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.With, ast.Yield, ast.YieldFrom,
    ast.Await, ast.Global, ast.Nonlocal, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp, ast.NamedExpr,
    ast.Delete, ast.Match,
)  # fmt: skip


class _GradientTracer:
    """Follows the variables of a function.

    Attributes:
        returned: How the values depend on the predictions that the function returns.
        cutting: The expressions that cut a gradient, in the order of the text.
    """

    def __init__(self, variables: dict[str, GradientFlow]) -> None:
        self._variables = variables
        self.returned: list[GradientFlow] = []
        self.cutting: list[ast.expr] = []

    def block(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Return(value=value):
                self.returned.append(GradientFlow.NONE if value is None else self.flow(value))
            case ast.Assign(targets=targets, value=value):
                flow = self.flow(value)
                for target in targets:
                    self._assign(target, flow)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, self.flow(value))
            case ast.AugAssign(target=target, value=value):
                self._assign(target, max(self.flow(value), self.flow(target)))
            case ast.If() | ast.For() | ast.While():
                before = dict(self._variables)
                for _ in range(2):
                    self.block(statement.body)
                after, self._variables = self._variables, before
                self.block(statement.orelse)
                for name, flow in after.items():
                    self._variables[name] = max(flow, self._variables.get(name, GradientFlow.NONE))

    def _assign(self, target: ast.expr, flow: GradientFlow) -> None:
        if isinstance(target, ast.Name):
            self._variables[target.id] = flow
        elif isinstance(target, (ast.Tuple, ast.List)):
            for elt in target.elts:
                self._assign(elt.value if isinstance(elt, ast.Starred) else elt, flow)
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            self._assign(target.value, max(flow, self.flow(target.value)))

    def flow(self, node: ast.expr) -> GradientFlow:
        """How the value of an expression depends on the predictions."""
        match node:
            case ast.Name(id=name):
                return self._variables.get(name, GradientFlow.NONE)
            case ast.Attribute(value=value, attr=attr):
                return GradientFlow.NONE if attr in ("shape", "dtype", "ndim") else self.flow(value)
            case ast.Call():
                return self._call(node)
            case ast.Compare():
                return self._cut(node)
            case ast.BinOp(op=ast.FloorDiv()):
                return self._cut(node)
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return max(map(self.flow, children), default=GradientFlow.NONE)

    def _call(self, node: ast.Call) -> GradientFlow:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _OF_SHAPES:
            return GradientFlow.NONE
        if name in CUTTING and not _is_of_numpy(node.func):
            return self._cut(node)
        if name == "cast" and casts_to_integers([*node.args, *(keyword.value for keyword in node.keywords)]):
            return self._cut(node)
        received = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node.func, ast.Attribute):
            received.append(node.func.value)
        flow = max(map(self.flow, received), default=GradientFlow.NONE)
        # What a function of the program returns may depend on anything.
        return flow if flow == GradientFlow.NONE or _is_of_library(node.func) else GradientFlow.SMOOTH

    def _cut(self, node: ast.expr) -> GradientFlow:
        children = [child for child in ast.walk(node) if isinstance(child, ast.Name)]
        flow = max(map(self.flow, children), default=GradientFlow.NONE)
        if flow == GradientFlow.NONE:
            return GradientFlow.NONE
        if flow == GradientFlow.SMOOTH:
            self.cutting.append(node)
        return GradientFlow.CUT


def _is_of_library(function: ast.expr) -> bool:
    """Whether a function is one of Keras or TensorFlow, `K.mean`, or a method of a tensor."""
    while isinstance(function, ast.Attribute):
        function = function.value
    return isinstance(function, ast.Name) and function.id in _LIBRARIES


def _is_of_numpy(function: ast.expr) -> bool:
    """Whether a function computes a metric of arrays: no tensor reaches it."""
    return isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id in _NUMPY


def casts_to_integers(arguments: Sequence[ast.AST]) -> bool:
    """Whether the arguments of `cast` name integers or booleans as the dtype: `"int32"`, `tf.bool`."""
    for argument in arguments[1:]:
        match argument.value if isinstance(argument, ast.keyword) else argument:
            case ast.Constant(value=str(name)) | ast.Attribute(attr=name) | ast.Name(id=name):
                if _WHOLE.fullmatch(name):
                    return True
    return False


_ASYMMETRIC = (
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "kl_divergence",
    "kullback_leibler_divergence",
    "mean_absolute_percentage_error",
    "poisson",
)
"""Losses of Keras whose value is another one if labels and predictions change places."""


def loss_mistakes(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[CodeViolation]:
    """The mistakes in a function that is passed as loss: it takes labels and predictions."""
    names = [parameter.arg for parameter in function.args.args[:2]]
    if len(names) < 2 or function.args.args[0].arg == "self":
        return
    labels, predictions = names
    nodes = list(ast.walk(function))
    if any(isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Store) for node in nodes):
        return
    for node in nodes:
        if isinstance(node, ast.Call) and [_name(argument) for argument in node.args[:2]] == [predictions, labels]:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else _name(node.func)
            if name in _ASYMMETRIC:
                message = f"{name} takes the labels first, got {predictions} and {labels}"
                yield CodeViolation("bad-custom", message, node, f"write {name}({labels}, {predictions})", "warning")
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(index))) if name in names:
                message = f"{name}[{index}] is sample {index} of the batch, not an output"
                yield CodeViolation("bad-custom", message, node, f"write {name}[:, {index}]", "warning")


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None
