"""Findings that are faults in a spec, which declares a training, and advice or nothing in some programs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain

from seqspec.core.api.diagnostics import REQUIRES, Diagnostic, Path, family, value_at
from seqspec.programs.layers.program_model import ProgramModel
from seqspec.programs.values.spans import position

_OF_LINEAR_LAYERS = frozenset(("linear-network", "missing-nonlinearity"))

_HIGH_DROPOUT = 0.75
"""The rate from which it is rather the fraction to keep; lower ones are a choice."""

_LOW_LEARNING_RATE = 1e-5
"""The learning rate from which adaptive optimizers train slowly rather than not at all: GANs and fine-tuning use it."""


_TEST_MODULES = frozenset(("pytest", "unittest"))
"""Modules that a file of tests imports."""

_FEW_SAMPLES, _SMALL_VALUE = 100, 100
"""The samples and values of data that are written out in a program to show something, and train without scaling."""

_OF_LAYERS = frozenset(("activations", "heads", "layers"))
"""What rules require of the layers alone, whatever the model is trained for."""


class ProgramAdvice:
    """How seriously the findings of the models of a program are reported.

    Args:
        tree: The program.
        skipped: The calls of `compile` that were not followed, such as those under a condition that is not met.
    """

    def __init__(self, tree: ast.Module, skipped: Iterable[ast.Call]) -> None:
        self._skipped = {ast.unparse(call.func.value) for call in skipped if isinstance(call.func, ast.Attribute)}
        self._nodes = list(ast.walk(tree))
        self._definitions = [node for node in self._nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        self._is_test = any(map(_imports_test_module, tree.body)) and any(
            isinstance(node, ast.FunctionDef) and node.name.startswith("test") for node in self._definitions
        )

    def adjusted(self, diagnostic: Diagnostic, model: ProgramModel) -> Diagnostic | None:
        """A finding with its severity in a program; None if it does not apply to the model."""
        if diagnostic.name in _OF_LINEAR_LAYERS and any("linear" in name for name in self._names(model)):
            return None
        only_predicts = "compile" not in model.tree or "predicted" in model.unspecified
        if diagnostic.name == "no-trainable-weights" and "fit" not in model.tree and only_predicts:
            # It extracts features; Keras 1 and 2 have to compile it for that.
            return None
        if diagnostic.name == "fit-without-compile" and self._may_be_compiled(model):
            return None
        if family(diagnostic.code) == "3" and not _is_of_layers(diagnostic.name) and self._only_predicts(model):
            return None
        return replace(diagnostic, severity="info") if self._is_advice(diagnostic, model) else diagnostic

    def _may_be_compiled(self, model: ProgramModel) -> bool:
        """Whether the program compiles a model under a condition that its settings do not meet."""
        fit = model.values.get(("fit",))
        function = fit.func if isinstance(fit, ast.Call) else None
        return isinstance(function, ast.Attribute) and ast.unparse(function.value) in self._skipped

    def _is_advice(self, diagnostic: Diagnostic, model: ProgramModel) -> bool:
        if diagnostic.severity != "warning":
            return False
        if self._is_test:
            # The models of tests learn nothing on purpose.
            return True
        is_advice = _ADVICE.get(diagnostic.name)
        return is_advice is not None and is_advice(self, model, diagnostic.pointer)

    def _names(self, model: ProgramModel) -> Iterator[str]:
        """The names of a model, and of the functions and classes around the call that creates it, in lower case."""
        yield from (name.lower().replace("nonlinear", "") for name in model.names)
        yield from (scope.name.lower().replace("nonlinear", "") for scope in self._scopes(model))

    def _scopes(self, model: ProgramModel) -> Iterator[ast.FunctionDef | ast.ClassDef]:
        line = position(model.node)[0]
        for node in self._definitions:
            if node.lineno <= line <= (node.end_lineno or 0):
                yield node

    def is_only_shown(self, model: ProgramModel, pointer: str) -> bool:
        """Whether a model is created and inspected, as in a tutorial on `summary`, but never trained or passed on."""
        if model.tree.keys() & {"compile", "fit"} or "training" in model.unspecified or any(self._scopes(model)):
            return False
        return not self._trains and self._passed_names.isdisjoint(model.names)

    def _only_predicts(self, model: ProgramModel) -> bool:
        """Whether the predictions of a model are shown without training, so that its loss has no effect."""
        return (
            "predicted" in model.unspecified
            and not any(self._scopes(model))
            and self._passed_names.isdisjoint(model.names)
        )

    @cached_property
    def _trains(self) -> bool:
        """Whether the program calls `compile` or `fit` of anything."""
        return any(isinstance(node, ast.Attribute) and node.attr in ("compile", "fit") for node in self._nodes)

    @cached_property
    def _passed_names(self) -> set[str]:
        """The names that the program passes to calls that do more than show them."""
        own = {node.name for node in self._definitions if isinstance(node, ast.FunctionDef)}
        calls = (node for node in self._nodes if isinstance(node, ast.Call) and not _shows(node.func, own))
        arguments = chain.from_iterable((*call.args, *(keyword.value for keyword in call.keywords)) for call in calls)
        return {argument.id for argument in arguments if isinstance(argument, ast.Name)}


def _is_choice(advice: ProgramAdvice, model: ProgramModel, pointer: str) -> bool:
    """Whether a rate of dropout may be meant."""
    rate = value_of(model, pointer)
    return isinstance(rate, float) and rate < _HIGH_DROPOUT


def _is_slow(advice: ProgramAdvice, model: ProgramModel, pointer: str) -> bool:
    """Whether an adaptive optimizer still trains with a learning rate."""
    rate, is_plain = value_of(model, pointer), value_of(model, pointer.rpartition("/")[0] + "/type") == "SGD"
    return isinstance(rate, float) and rate >= _LOW_LEARNING_RATE and not is_plain


def _is_demonstration(advice: ProgramAdvice, model: ProgramModel, pointer: str) -> bool:
    """Whether the samples are a few small numbers."""
    samples, limits = (value_of(model, f"/data/train/{key}") for key in ("samples", "range"))
    if not isinstance(limits, list) or not isinstance(samples, int) or samples > _FEW_SAMPLES:
        return False
    return all(isinstance(limit, (int, float)) and abs(limit) <= _SMALL_VALUE for limit in limits)


def _imports_test_module(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name in _TEST_MODULES for alias in node.names)
    return isinstance(node, ast.ImportFrom) and node.module in _TEST_MODULES


def _shows(function: ast.expr, own: set[str]) -> bool:
    """Whether a function does not train a model: one that shows it, or one of a program that trains nothing."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    return name in own or name in ("plot_model", "model_to_dot", "print", "display", "type", "len", "count_params")


def value_of(model: ProgramModel, pointer: str) -> object:
    """The value at a JSON Pointer of the tree of a model; None if there is none."""
    return value_at(model.tree, path_of(pointer))


def path_of(pointer: str) -> Path:
    """The path of a JSON Pointer to a value of a model."""
    return tuple(int(key) if key.isdecimal() else key for key in pointer.split("/")[1:])


_ADVICE: dict[str, Callable[[ProgramAdvice, ProgramModel, str], bool]] = {
    "high-dropout-rate": _is_choice,
    "learning-rate-too-low": _is_slow,
    # Nothing confines the files of a program.
    "path-outside-project": lambda advice, model, pointer: True,
    "unscaled-input": _is_demonstration,
    **dict.fromkeys(_OF_LINEAR_LAYERS, ProgramAdvice.is_only_shown),
}
"""For rules whose findings may be infos in a program: whether that at a pointer is one."""

ADJUSTED = frozenset(_ADVICE)
"""The rules whose findings may have another severity in a program than in a spec."""


def _is_of_layers(name: str) -> bool:
    """Whether a rule holds for a model that is not trained."""
    return any(required.keys() <= _OF_LAYERS for required in REQUIRES.get(name, ()))
