"""What a check found: the diagnostics and the facts of every layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from seqspec.analysis.facts import LayerReport
from seqspec.diagnostics.codes import CODES
from seqspec.diagnostics.diagnostic import Diagnostic, pointer
from seqspec.diagnostics.problem import Problem


class Report:
    """The outcome of `seqspec.check`.

    `layers` lists the expanded layers up to the first one that fails; counts are those of the listed layers.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], layers: list[LayerReport]) -> None:
        self.diagnostics = list(diagnostics)
        self.layers = layers

    @property
    def ok(self) -> bool:
        """Whether no diagnostic is an error."""
        return not any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    @cached_property
    def params(self) -> int:
        """The number of parameters."""
        return sum(layer.params for layer in self.layers)

    @cached_property
    def trainable_params(self) -> int:
        """The number of parameters that training changes."""
        return sum(layer.trainable_params for layer in self.layers)

    @cached_property
    def macs(self) -> int | None:
        """Multiply-adds for one sample; None where an unknown size takes part."""
        counts = [layer.macs for layer in self.layers]
        return None if None in counts else sum(count for count in counts if count is not None)


class SpecError(ValueError):
    """A document that cannot be used; `report` says why."""

    def __init__(self, report: Report) -> None:
        self.report = report
        errors = [d for d in report.diagnostics if d.severity == "error"]
        super().__init__("\n".join(f"{d.code} {d.pointer or '/'}: {d.message}" for d in errors))


def finished(problem: Problem) -> Diagnostic:
    """The diagnostic of a problem in a source without text."""
    code = CODES[problem.rule]
    return Diagnostic(
        code.code,
        code.name,
        code.severity,
        problem.message,
        pointer(problem.path),
        label=problem.label,
        notes=problem.notes,
        help=problem.help,
    )


def error_of(what: str, tree: Mapping[str, Any], problems: Sequence[Problem]) -> SpecError:
    """The error for a class built in Python with wrong arguments."""
    return SpecError(Report([finished(problem) for problem in problems], []))


__all__ = ["Callable", "Report", "SpecError"]
