"""What migration says about one program."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.analysis.report import KerasTarget
from seqspec.programs.migration.names import Module
from seqspec.programs.migration.target import generation, has_early_names, target_of
from seqspec.programs.migration.uses import Use, find_uses
from seqspec.programs.source.program_source import Source
from seqspec.programs.values.generation import Generation


class Migration(NamedTuple):
    """What migration says about one program.

    Attributes:
        module: Its names.
        uses: What of it Keras 3 treats differently.
        target: The Keras that it is written for.
        generation: The generation of Keras that accepts it.
        is_early: Whether that Keras may differ from Keras 3 in more than names.
    """

    module: Module
    uses: list[Use]
    target: KerasTarget
    generation: Generation
    is_early: bool


def read_migration(source: Source, file: str | None, keras: str | None) -> Migration | None:
    """What migration says about a program; None if it does not use Keras.

    Args:
        source: The program.
        file: The file.
        keras: The version of Keras that it is written for; None if it or its project says it.
    """
    if source.tree is None:
        return None
    module = Module(source.tree)
    if not module.uses_keras:
        return None
    uses = find_uses(module)
    target = target_of(module, uses, source, file, keras)
    accepting = generation(uses, target)
    early = accepting < Generation.KERAS_3 and (has_early_names(uses) or not target.is_guess)
    return Migration(module, uses, target, accepting, early)
