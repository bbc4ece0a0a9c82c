"""What migration says about one program."""

from __future__ import annotations

from typing import NamedTuple

from seqspec.core.analysis.report import KerasTarget
from seqspec.programs.generation import Generation
from seqspec.programs.migration.names import Module
from seqspec.programs.migration.target import generation, target_of
from seqspec.programs.migration.uses import Use, find_uses
from seqspec.programs.program_source import Source


class Migration(NamedTuple):
    """What migration says about one program.

    Attributes:
        module: Its names.
        uses: What of it Keras 3 treats differently.
        target: The Keras that it is written for.
        generation: The generation of Keras whose defaults and names it uses.
    """

    module: Module
    uses: list[Use]
    target: KerasTarget
    generation: Generation


def read_migration(source: Source, raw: str, file: str | None, keras: str | None) -> Migration | None:
    """What migration says about a program; None if it does not use Keras.

    Args:
        source: The program.
        raw: The text of its file.
        file: The file.
        keras: The version of Keras that it is written for; None if it or its project says it.
    """
    if source.tree is None:
        return None
    module = Module(source.tree)
    if not module.packages and not module.uses_bare_names:
        return None
    uses = find_uses(module)
    target = target_of(module, uses, source.text, raw, file, keras)
    return Migration(module, uses, target, generation(uses, target))
