"""What a rule is: one object with its code, its name, what it requires of a document, its check and its explanation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Literal, NamedTuple

from seqspec.diagnostics.code import Code

if TYPE_CHECKING:
    from seqspec.analysis.facts import Facts
    from seqspec.diagnostics.violation import Violation

Severity = Literal["error", "warning", "info"]


class Requires(NamedTuple):
    """What a document must contain for a rule to apply, so that a check skips the rule, and its import, elsewhere.

    Every field that is not empty must hold: all of `tables` are present, and of each other field at least one name is.

    Attributes:
        tables: Tables of the document, such as `"fit"`, that hold no mistake.
        layers: Layer types, those inside wrappers and nested models too.
        activations: Activations that layers end with.
        dtypes: Dtypes of the input or the output of the model.
        targets: Values of `kind` in `[target]`.
        losses: Classes of the loss.
        metrics: Classes of the metrics.
        optimizers: Classes of the optimizers, and of their learning rate schedules.
        callbacks: Classes of the callbacks.
        heads: Activations of the output of the model.
        mismatches: Reasons why the labels do not fit the loss: see `analysis.loss_compatibility`.
        absent: `"compile"`, `"target"`, `"loss"`, `"optimizer"` or `"validation"` data, where the document has none.
        arguments: Arguments and keys that are given. One of a layer also counts by its last part: a
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
    """A rule of the linter; the value of `RULE` in its module, or of an entry point `seqspec.rules` of another package.

    Attributes:
        code: Its code, such as `"SEQ301"`; the letters are the package's own.
        name: Its name in kebab-case.
        severity: The usual severity of its findings; a finding may have another one.
        check: Finds violations of the rule in the facts of a document.
        docs: One line that says what the rule finds, then sections under `seqspec.linter.explain.HEADINGS`.
        requires: What a document must contain for the rule to apply; one of several, where it is a tuple of them.
    """

    code: str
    name: str
    severity: Severity
    check: Callable[[Facts], Iterable[Violation]]
    docs: str | None = None
    requires: Requires | tuple[Requires, ...] = Requires()

    @property
    def summary(self) -> str:
        """The first line of the docs."""
        return (self.docs or "").strip().partition("\n")[0]

    @property
    def entry(self) -> Code:
        """Its entry in the table of codes."""
        return Code(self.code, self.name, self.severity, self.summary)

    @property
    def alternatives(self) -> tuple[Requires, ...]:
        """What a document must contain one of."""
        return (self.requires,) if isinstance(self.requires, Requires) else self.requires
