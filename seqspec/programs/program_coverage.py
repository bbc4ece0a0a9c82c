"""What was checked of a program: every model that it contains, also those that are not read, and what else is not."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from seqspec.core.api.diagnostics import LEVELS, Coverage, Kind, Level, ModelCoverage, Reason, Topology
from seqspec.programs.source.contents import Definition, describe, other_framework
from seqspec.programs.values.abstract_values import CREATED_ELSEWHERE, Unknown
from seqspec.programs.values.spans import position

if TYPE_CHECKING:
    from seqspec.programs.layers.program_model import ProgramModel
    from seqspec.programs.program_document import Program

_NOT_READ: dict[Kind, str] = {
    "functional": "the code that creates the model was not reached",
    "subclass": "the methods of the class are not read",
    "sequential": "the code that creates the model was not reached",
    "external": CREATED_ELSEWHERE,
}


def coverage_of(program: Program, raw: str, file: str | None) -> tuple[Coverage, dict[int, ModelCoverage]]:
    """What was checked of a program, and of each model that was read, by the identity of the call that creates it.

    Args:
        program: The program.
        raw: The text of its file.
        file: Its name.
    """
    places = _Places(program, file)
    read = _read_models(program.models, places)
    models = sorted([*read.values(), *_unread_models(program, places)], key=lambda item: item[0])
    others = [places.reason(f"layer {layer.name} is not read", layer.lineno) for layer in program.contents.layers]
    faults = (*program.source.faults, *program.source.unread)
    others += [places.reason(fault.message, fault.line or None) for fault in faults]
    if program.exhausted:
        others.append(places.reason("the program is too large to read completely", None))
    framework = other_framework(raw)
    described = None
    if framework is not None and (program.contents.modules or not (models or program.mentions_model)):
        described = describe(framework, program.contents.modules)
    is_keras = program.mentions_model or program.migration is not None
    name = "keras" if models or program.contents.layers or (is_keras and described is None) else None
    if described is not None and not models:
        name = "torch" if framework == "torch" else "other"
    coverage = Coverage(name, [model for _, model in models], others, described)
    return coverage, {node: model for node, (_, model) in read.items()}


class _Places:
    """Lines of the program as lines of the file, or of a cell of the notebook."""

    def __init__(self, program: Program, file: str | None) -> None:
        self.file = file
        self._program = program
        self.own_node = program.own_node

    def of(self, line: int) -> tuple[int, str | None]:
        """The line in the file or cell, and its name."""
        part = self._program.part_at(line)
        if part is None or self.file is None:
            return line, self.file
        return part.line_of(line), part.name(self.file)

    def reason(self, message: str, line: int | None) -> Reason:
        """A reason at a line of the program, or for all of it."""
        return Reason(message, None, self.file) if line is None else Reason(message, *self.of(line))


_Placed = tuple[tuple[int, int], ModelCoverage]


def _read_models(models: Iterable[ProgramModel], places: _Places) -> dict[int, _Placed]:
    """The models that were read; each once per call that creates it, with the lowest level of its variants."""
    by_node: dict[int, list[ProgramModel]] = {}
    for model in models:
        if not model.is_fragment:
            by_node.setdefault(id(model.node), []).append(model)
    placed: dict[int, _Placed] = {}
    for variants in by_node.values():
        first = variants[0]
        level: Level = max((model.level for model in variants), key=LEVELS.index)
        reasons: list[Reason] = []
        for model in variants if level != "full" else ():
            reasons += [
                places.reason(note.message, getattr(note.node, "lineno", 1))
                for note in model.notes
                if note.rule in (None, "not-followed")
            ]
        place = position(places.own_node(first.node))
        line, file = places.of(place[0])
        reasons = list(dict.fromkeys(reasons))
        coverage = ModelCoverage(first.label, first.kind, first.topology, level, line, file, reasons)
        placed[id(first.node)] = place, coverage
    return placed


def _unread_models(program: Program, places: _Places) -> list[_Placed]:
    """The models that were not read: those of other kinds, and those that other code creates."""
    nodes = {id(model.node) for model in program.models} | program.reached
    labels = {name for model in program.models for name in (model.label, *model.names)}
    unread: list[Definition] = [
        definition
        for definition in program.contents.models
        if id(definition.node) not in nodes
        and not (isinstance(definition.node, ast.ClassDef) and definition.name in labels)
    ]
    if not unread and all(model.level == "full" for model in program.models):
        # The compiled model may be one that is known to be unread.
        unread = [
            Definition("external", Unknown(call.func).text.rpartition(".")[0], call)
            for call in program.contents.compiled
            if id(call) not in program.compiled
        ]
    placed: list[_Placed] = []
    for definition in unread:
        kind = definition.kind
        line, file = places.of(definition.node.lineno)
        reason = Reason(_NOT_READ[kind], line, file)
        topology: Topology = "chain" if kind == "sequential" else "unknown"
        coverage = ModelCoverage(definition.name, kind, topology, "none", line, file, [reason])
        placed.append((position(definition.node), coverage))
    return placed
