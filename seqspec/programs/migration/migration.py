"""What migration says about one program: what Keras 3 treats differently, and which Keras it is written for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from seqspec.core.analysis.report import KerasTarget
from seqspec.programs.migration.names import Module
from seqspec.programs.migration.requirements import generation_of, project_generation, read_requirements
from seqspec.programs.migration.table import RENAMED
from seqspec.programs.migration.uses import Use, find_uses
from seqspec.programs.source.program_source import Source
from seqspec.programs.values.generation import Generation

KERAS_3_NAMES = frozenset(
    "DTypePolicy Function Operation Quantizer RematScope StatelessScope SymbolicScope Variable config device "
    "distillation distribution dtype_policies name_scope ops quantizers random remat tree visualization".split()
)
"""Names of the package that only Keras 3 has."""

_LEGACY = re.compile(r"""TF_USE_LEGACY_KERAS["'\]\s]*[=,]\s*["'](?:1|[Tt]rue)""")
_BACKEND = re.compile(r"""KERAS_BACKEND["'\]\s]*[=,]\s*["'](?:jax|torch)""")
_INSTALLS = re.compile(r"^\s*[!%]\s*(?:pip3?|conda|python3? -m pip|uv pip)\s+install\b(.*)$", re.M)
_PYTHON = re.compile(r"3\.(\d+)\b")
_FIRST_PYTHON_OF_KERAS_3 = 9
_LAST_PYTHON_OF_KERAS_2 = 11


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
    target = _target_of(module, uses, source, file, keras)
    accepting = _generation(uses, target)
    early = accepting < Generation.KERAS_3 and (_has_early_names(uses) or not target.is_guess)
    return Migration(module, uses, target, accepting, early)


def _target_of(
    module: Module, uses: Sequence[Use], source: Source, file: str | None, version: str | None = None
) -> KerasTarget:
    """The Keras that a program is written for.

    Args:
        module: The program.
        uses: What of it Keras 3 treats differently.
        source: Its text.
        file: The file, whose project may say it.
        version: What the caller says: `"3"`, `"2.15"`.
    """
    if version is not None:
        return KerasTarget(int(version.partition(".")[0]), f"keras = {version} is set", True)
    code = source.text
    legacy = _LEGACY.search(code)
    if module.packages == {"tf_keras"} or (legacy is not None and "keras" not in module.packages):
        return KerasTarget(2, "tf_keras is imported" if legacy is None else "TF_USE_LEGACY_KERAS is set")
    installs = [
        requirement for match in _INSTALLS.finditer(code) for requirement in read_requirements(match[1], "pip install")
    ]
    installed = generation_of(installs)
    if installed is not None:
        return KerasTarget(installed[0], installed[1].removesuffix(":1"))
    project = project_generation(file)
    if project is not None:
        return KerasTarget(*project)
    return _by_names(module, uses, source)


def _by_names(module: Module, uses: Sequence[Use], source: Source) -> KerasTarget:
    names = [*(reference.name for reference in module.references()), *(each.name for each in module.imports)]
    for first in (name.path.partition(".")[0] for name in names):
        if first in KERAS_3_NAMES:
            return KerasTarget(3, f"only Keras 3 has keras.{first}", True)
    if _BACKEND.search(source.text):
        return KerasTarget(3, "only Keras 3 has its KERAS_BACKEND", True)
    evidence = [use for use in uses if use.row.is_evidence]
    if evidence:
        oldest = any(use.row.removed_in == 2 for use in evidence)
        return KerasTarget(1 if oldest else 2, "names in it that Keras 3 does not have", True)
    python = _PYTHON.match(source.python or "")
    if python is not None and int(python[1]) < _FIRST_PYTHON_OF_KERAS_3:
        return KerasTarget(2, f"the kernel is Python 3.{python[1]}", True)
    if python is not None and int(python[1]) > _LAST_PYTHON_OF_KERAS_2:
        return KerasTarget(3, f"the kernel is Python 3.{python[1]}", True)
    return KerasTarget(None, "")


def _generation(uses: Sequence[Use], target: KerasTarget) -> Generation:
    """The generation of Keras that accepts a program."""
    if target.version == Generation.KERAS_3:
        return Generation.KERAS_3
    evidence = [use.row.removed_in for use in uses if use.row.is_evidence]
    if 2 in evidence:
        return Generation.KERAS_1
    return Generation.KERAS_2 if evidence or target.version in (1, 2) else Generation.KERAS_3


def _has_early_names(uses: Sequence[Use]) -> bool:
    """Whether a program has names that say that its Keras differs in more than names, such as in its defaults.

    Every Keras 2 accepts renamed arguments such as `lr`, so they do not say it.
    """
    return any(use.row.is_evidence and use.row.rule != RENAMED for use in uses)
