"""What migration says about one program: what Keras 3 treats differently, and which Keras it is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.api.frontends import KerasTarget
from seqspec.programs.migration.names import Module
from seqspec.programs.migration.target import target_of
from seqspec.programs.migration.uses import Use, find_uses
from seqspec.programs.source.program_source import Source
from seqspec.programs.values.generation import KerasGeneration


class Migration(NamedTuple):
    """What migration says about one program.

    Attributes:
        module: Its names.
        uses: What of it Keras 3 treats differently.
        target: The Keras that it is for.
        generation: The generation of Keras that accepts it.
        is_early: Whether that Keras may differ from Keras 3 in more than names.
    """

    module: Module
    uses: list[Use]
    target: KerasTarget
    generation: KerasGeneration
    is_early: bool


def read_migration(
    source: Source, file: str | None, keras: str | KerasTarget | None, has_models: bool = False
) -> Migration | None:
    """What migration says about a program; None if it does not use Keras.

    Args:
        source: The program.
        file: The file.
        keras: The version of Keras that it is for; None if it or its project says it.
        has_models: Whether it has models of Keras even if it imports nothing of Keras, as posted code does.
    """
    if source.tree is None:
        return None
    module = Module(source.tree)
    if not module.uses_keras and not has_models:
        return None
    uses = find_uses(module)
    target = target_of(module, uses, source, file, keras)
    accepting = _generation(uses, target)
    early = accepting < KerasGeneration.KERAS_3 and not target.is_assumed
    return Migration(module, uses, target, accepting, early)


def _generation(uses: Sequence[Use], target: KerasTarget) -> KerasGeneration:
    """The generation of Keras that accepts a program."""
    if target.version == KerasGeneration.KERAS_3:
        return KerasGeneration.KERAS_3
    of_keras_1 = any(use.row.is_proof and use.row.removed_in == 2 for use in uses)
    return KerasGeneration.KERAS_1 if of_keras_1 else KerasGeneration.KERAS_2
