"""What was checked of a source with several models: every model has a level, and what is not checked has a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, get_args

from seqspec.core.diagnostics.message import counted

Level = Literal["full", "graph", "calls", "settings", "none"]

LEVELS: tuple[Level, ...] = get_args(Level)
"""From all rules to nothing; see `docs/programs.md`."""

Kind = Literal["sequential", "functional", "subclass", "external"]
Topology = Literal["chain", "branches", "several_io", "unknown"]

_CHECKED: dict[Level, str] = {
    "full": "checked completely",
    "graph": "shapes and layers checked",
    "calls": "layers and compile checked, shapes only in part",
    "settings": "only compile and fit checked",
    "none": "not checked",
}
_KINDS: dict[Kind, str] = {
    "sequential": "Sequential model",
    "functional": "functional model",
    "subclass": "subclass of Model",
    "external": "model that this file does not create",
}
_PLURALS: dict[Kind, str] = {"subclass": "subclasses of Model", "external": "models that this file does not create"}
_TOPOLOGIES: dict[Topology, str] = {"branches": " with branches", "several_io": " with several inputs or outputs"}
_MAX_LINES = 5
_MAX_GROUPS = 6


class Reason(NamedTuple):
    """Why something is not checked, or not completely.

    Attributes:
        message: The reason.
        line: Its line, counted from 1; in the cell, if it is in a notebook. None for the whole file.
        file: The file, or the cell of a notebook.
    """

    message: str
    line: int | None
    file: str | None

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        return {"rule": "not-followed", "message": self.message, "file": self.file, "line": self.line}


class ModelCoverage(NamedTuple):
    """What was checked of one model.

    Attributes:
        name: The variable, function or class that holds it; None if there is none.
        kind: How it is written.
        topology: How its layers are connected.
        checked: The level.
        line: The line that creates it, in its cell if it is in a notebook.
        file: The file, or the cell of a notebook.
        reasons: Why the level is not `"full"`.
    """

    name: str | None
    kind: Kind
    topology: Topology
    checked: Level
    line: int
    file: str | None
    reasons: Sequence[Reason] = ()

    @property
    def subject(self) -> str:
        """What it is: `functional model with branches`."""
        return _KINDS[self.kind] + (_TOPOLOGIES.get(self.topology, "") if self.kind == "functional" else "")

    @property
    def verdict(self) -> str:
        """What was checked of it, in words."""
        return _CHECKED[self.checked]

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        return {
            "file": self.file,
            "line": self.line,
            "kind": self.kind,
            "topology": self.topology,
            "checked": self.checked,
            "reasons": [reason.to_dict() for reason in self.reasons],
        }


class Coverage(NamedTuple):
    """What was checked of one file.

    Attributes:
        framework: `"keras"`, `"torch"`, `"other"`, or None without a framework.
        models: Every model, in the order of the file.
        not_checked: What is not checked besides models, such as custom layers and cells.
        found: What the file contains instead of Keras models: `PyTorch, not Keras (2 torch.nn models)`.
    """

    framework: str | None
    models: Sequence[ModelCoverage]
    not_checked: Sequence[Reason]
    found: str | None = None

    @property
    def is_checked(self) -> bool:
        """Whether something of the file was checked."""
        return any(model.checked != "none" for model in self.models)

    @property
    def is_complete(self) -> bool:
        """Whether everything in the file was checked completely."""
        return self.reaches("full")

    def reaches(self, level: str) -> bool:
        """Whether every model was checked at this level or a higher one, and the file has none of another framework."""
        if self.not_checked and (level == "full" or not self.models):
            return False
        most: Sequence[str] = LEVELS[: list[str](LEVELS).index(level) + 1]
        return self.found is None and all(model.checked in most for model in self.models)

    def line(self) -> str | None:
        """What is not checked, on one line; None if everything is checked."""
        if self.is_complete and self.models:
            return None
        if not self.models and not self.not_checked:
            if self.found is None and self.framework == "keras":
                return "no Keras model: only names that Keras 3 changed were looked for"
            return f"{self.found or 'no Keras model'}: nothing checked"
        parts: list[str] = []
        full = sum(model.checked == "full" for model in self.models)
        groups: dict[tuple[str, str], list[ModelCoverage]] = {}
        for model in self.models:
            if model.checked != "full":
                groups.setdefault((model.subject, model.verdict), []).append(model)
        if full:
            parts.append(f"{full:,} checked completely")
        for (subject, verdict), models in groups.items():
            noun = subject if len(models) == 1 else _PLURALS.get(models[0].kind, f"{_KINDS[models[0].kind]}s")
            noun = noun if len(models) == 1 else noun + subject.removeprefix(_KINDS[models[0].kind])
            parts.append(f"{len(models):,} {noun} ({_places(models)}): {verdict}")
        parts += [reason.message + (f" ({_places([reason])})" if reason.line else "") for reason in self.not_checked]
        if len(parts) > _MAX_GROUPS:
            parts = [*parts[:_MAX_GROUPS], f"and {len(parts) - _MAX_GROUPS:,} more"]
        if self.found is not None:
            parts.append(self.found)
        heading = f"{counted(len(self.models), 'model')}: " if len(groups) + bool(full) > 1 else ""
        return heading + "; ".join(parts)

    def gaps(self) -> list[tuple[str, int | None, str | None]]:
        """What is not checked, or not completely: the text, the line and the file of each model or other part."""
        gaps: list[tuple[str, int | None, str | None]] = [
            (
                "; ".join([f"{model.subject}: {model.verdict}", *(reason.message for reason in model.reasons)]),
                model.line,
                model.file,
            )
            for model in self.models
            if model.checked != "full"
        ]
        gaps += [(f"not checked: {reason.message}", reason.line, reason.file) for reason in self.not_checked]
        line = self.line()
        return [(line, None, None)] if line is not None and not gaps else gaps

    def to_dict(self) -> dict[str, Any]:
        """JSON data."""
        return {"framework": self.framework, "not_checked": [reason.to_dict() for reason in self.not_checked]}


def _places(items: Sequence[Reason | ModelCoverage]) -> str:
    """The lines of some items: `lines 3, 12`, or `cell 2, line 5` in a notebook."""
    shown = items[:_MAX_LINES]
    cells = [(item.file or "").partition(":cell ")[2] for item in shown]
    rest = f" and {len(items) - _MAX_LINES:,} more" if len(items) > _MAX_LINES else ""
    if any(cells):
        places = (f"cell {cell}, line {item.line}" if cell else f"line {item.line}" for cell, item in zip(cells, shown))
        return "; ".join(places) + rest
    lines = ", ".join(str(item.line) for item in shown)
    return f"line{'s' if len(items) > 1 else ''} {lines}{rest}"


def totals(coverages: Iterable[Coverage]) -> dict[str, int]:
    """The number of models of some files, and of those at each level."""
    counts: dict[str, int] = dict.fromkeys(("models", *LEVELS), 0)
    for coverage in coverages:
        for model in coverage.models:
            counts["models"] += 1
            counts[model.checked] += 1
    return counts
