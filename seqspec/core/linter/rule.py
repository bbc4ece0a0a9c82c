"""A lint rule: its code, name, requirements, check function and documentation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple, TypedDict

from seqspec.core.diagnostics.codes import Code
from seqspec.core.diagnostics.violation import Path, Violation

if TYPE_CHECKING:
    from seqspec.core.analysis.facts import Facts
    from seqspec.core.analysis.layer_report import LayerReport
    from seqspec.core.catalog.keras_object import KerasObject

Severity = Literal["error", "warning", "info"]

Graphs = Literal["all", "each", "head", "path", "settings"]
"""How a rule holds for a model with branches: independently of its layers, for each layer by itself, for each output
with the layers before it up to the last branch, or for each path without branches, whose layers are then those of the
facts. With `"settings"` it is about `compile` and `fit` alone, and holds for a model of unknown layers too."""


class Requires(NamedTuple):
    """What a spec must contain for a rule to apply; otherwise the rule is skipped and not even imported.

    All non-empty fields must match: all of `tables` are present, and at least one name of each other field. The traits
    of classes are listed in `seqspec.core.catalog.traits`.

    Attributes:
        tables: Tables of the spec without errors, such as `"fit"`.
        layers: Types of layers, their roles and traits, including those inside wrappers and nested models.
        activations: Activations of layers, and their traits; "linear" also for a layer with weights that has none.
        dtypes: Dtypes of the input or the output of the model.
        targets: Values of `kind` in `[target]`.
        losses: The class of the loss, and its traits.
        metrics: Classes of the metrics, and their traits.
        optimizers: Classes of the optimizers, their traits, and classes of their learning rate schedules.
        callbacks: Classes of the callbacks.
        heads: The activation of the output of the model, and its traits.
        mismatches: Reasons why the labels do not fit the loss: see `analysis.training.loss_compatibility`.
        absent: `"compile"`, `"target"`, `"loss"`, `"optimizer"` or `"validation"` data that the spec does not have.
        arguments: Arguments and keys that are set. A layer argument also matches by its last part: a
            `kernel_regularizer` is a `regularizer`.
    """

    tables: Collection[str] = ()
    layers: Collection[str] = ()
    activations: Collection[str] = ()
    dtypes: Collection[str] = ()
    targets: Collection[str] = ()
    losses: Collection[str] = ()
    metrics: Collection[str] = ()
    optimizers: Collection[str] = ()
    callbacks: Collection[str] = ()
    heads: Collection[str] = ()
    mismatches: Collection[str] = ()
    absent: Collection[str] = ()
    arguments: Collection[str] = ()


class Rule(NamedTuple):
    """A lint rule; `check` in the module of a built-in rule, or the value of a plugin's entry point in `seqspec.rules`.

    Attributes:
        code: Its code, such as `"SEQ301"`; plugins use their own letters.
        name: Its name in kebab-case.
        severity: The default severity of its findings, which a violation can override.
        check: Yields violations of the rule, given the facts of a spec.
        docs: A one-line summary, then sections under `seqspec.core.check.rule_docs.HEADINGS`.
        requires: What a spec must contain for the rule to apply; a tuple means any of its elements.
        depends_on: What its findings depend on and a program may leave undetermined, see `Code`.
        graphs: For which parts of a model with branches it holds; None if it holds for stacks only.
        explains: The rule whose findings about the same layers it replaces, see `Code`.
    """

    code: str
    name: str
    severity: Severity
    check: Callable[[Facts], Iterable[Violation]]
    docs: str | None = None
    requires: Requires | tuple[Requires, ...] = Requires()
    depends_on: tuple[str, ...] = ()
    graphs: Graphs | None = None
    explains: str = ""

    @property
    def summary(self) -> str:
        """The first line of the docs."""
        return (self.docs or "").strip().partition("\n")[0]

    @property
    def entry(self) -> Code:
        """Its entry in the table of codes."""
        scope: Literal["", "settings"] = "settings" if self.graphs == "settings" else ""
        return Code(
            self.code, self.name, self.severity, self.summary, self.depends_on, scope=scope, explains=self.explains
        )

    @property
    def alternatives(self) -> tuple[Requires, ...]:
        """The alternative requirements, of which a spec must meet one."""
        return (self.requires,) if isinstance(self.requires, Requires) else self.requires


Findings = Iterator[Violation]
"""What the check of a built-in rule returns."""

finding = partial(Violation, "")
"""A violation of the rule whose check yields it: who runs the check fills in the name (`run_rule`)."""


class ViolationPlace(TypedDict):
    """The arguments of a violation that say where it is."""

    path: Path
    anchor: str


def at_argument(path: Path, holder: KerasObject, argument: str, otherwise: str = "layer") -> ViolationPlace:
    """The value of an argument; where it is not written, the object at the path, with the anchor `otherwise`."""
    if argument in holder.model_fields_set:
        return {"path": (*path, argument), "anchor": "value"}
    return {"path": path, "anchor": otherwise}


def at_layer(entry: LayerReport, argument: str = "") -> ViolationPlace:
    """A layer, or the value of its argument where that is written."""
    return at_argument(entry.path, entry.layer, argument)


def rule(
    code: str,
    severity: Severity,
    *,
    any_of: tuple[Requires, ...] = (),
    depends_on: tuple[str, ...] = (),
    graphs: Graphs | None = None,
    explains: str = "",
    **requires: Collection[str],
) -> Callable[[Callable[[Facts], Iterable[Violation]]], Rule]:
    """Declares the check of a built-in rule, whose name is that of its file and whose docs are those of its module.

    Args:
        code: The code, whose first digit is the area.
        severity: The default severity.
        any_of: Alternative requirements, in place of `requires`.
        depends_on: What its findings depend on and a program may leave undetermined, see `Code`.
        graphs: How it holds for a model with branches; None if it holds for stacks only.
        explains: The rule whose findings about the same layers it explains, and so replaces.
        requires: The fields of `Requires`; a single name is written as a string: `activations="softmax"`.
    """
    names = {field: (value,) if isinstance(value, str) else value for field, value in requires.items()}

    def declare(check: Callable[[Facts], Iterable[Violation]]) -> Rule:
        module = sys.modules[check.__module__]
        name = module.__name__.rpartition(".")[2].replace("_", "-")
        required = any_of or Requires(**names)
        return Rule(code, name, severity, check, module.__doc__, required, depends_on, graphs, explains)

    return declare
