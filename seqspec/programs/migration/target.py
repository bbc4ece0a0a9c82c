"""The Keras that a program is for, decided once for each program.

The first that says it decides: the caller; the project; the program; the Keras of the environment; else it is Keras 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from seqspec.core.api.frontends import KerasTarget
from seqspec.programs.migration.names import Module
from seqspec.programs.migration.requirements import generation_of, project_generation, read_requirements
from seqspec.programs.migration.uses import Use
from seqspec.programs.source.program_source import Source

NEWEST = 3
"""The major version that is assumed where nothing says another one."""

KERAS_3_NAMES = frozenset(
    "DTypePolicy Function Operation Quantizer RematScope StatelessScope SymbolicScope Variable config device "
    "distillation distribution dtype_policies name_scope ops quantizers random remat tree visualization".split()
)
"""Names of the package that only Keras 3 has."""

TENSORFLOW_1_NAMES = frozenset(
    "ConfigProto GPUOptions InteractiveSession Session app contrib enable_eager_execution flags get_default_graph "
    "get_default_session get_variable global_variables_initializer layers logging placeholder reset_default_graph "
    "set_random_seed variable_scope".split()
)
"""Names of TensorFlow that only version 1 has, which has no Keras 3."""

_LEGACY = re.compile(r"""TF_USE_LEGACY_KERAS["'\]\s]*[=,]\s*["'](?:1|[Tt]rue)""")
_NEW_BACKEND = re.compile(r"""KERAS_BACKEND["'\]\s]*[=,]\s*["'](?:jax|torch)""")
_OLD_BACKEND = re.compile(r"""KERAS_BACKEND["'\]\s]*[=,]\s*["'](?:theano|cntk)""")
_INSTALLS = re.compile(r"^\s*[!%]\s*(?:pip3?|conda|python3? -m pip|uv pip)\s+install\b(.*)$", re.M)
_TENSORFLOW_1 = re.compile(r"^\s*%tensorflow_version\s+1\b", re.M)
_PYTHON = re.compile(r"(\d)\.(\d+)\b")
_FIRST_PYTHON_OF_KERAS_3 = (3, 9)
_LAST_PYTHON_OF_KERAS_2 = (3, 11)


def target_of(
    module: Module, uses: Sequence[Use], source: Source, file: str | None, given: str | KerasTarget | None = None
) -> KerasTarget:
    """The Keras that a program is for.

    Args:
        module: The names of the program.
        uses: What of it Keras 3 treats differently.
        source: Its text.
        file: The file, whose project may say it.
        given: What the caller says: `"3"`, `"2.15"`, or the result for the same program before a fix.
    """
    if isinstance(given, KerasTarget):
        return given
    if given is not None:
        return KerasTarget(int(given.partition(".")[0]), f"keras = {given} is set")
    return _declared(module, source.text, file) or _proved(module, uses, source) or assumed_target()


def _declared(module: Module, text: str, file: str | None) -> KerasTarget | None:
    """What the program or its project installs or selects."""
    legacy = _LEGACY.search(text)
    if module.packages == {"tf_keras"} or (legacy is not None and "keras" not in module.packages):
        return KerasTarget(2, "tf_keras is imported" if legacy is None else "TF_USE_LEGACY_KERAS is set")
    if _TENSORFLOW_1.search(text):
        return KerasTarget(2, "%tensorflow_version 1.x")
    installs = [
        requirement for match in _INSTALLS.finditer(text) for requirement in read_requirements(match[1], "pip install")
    ]
    installed = generation_of(installs)
    if installed is not None:
        return KerasTarget(installed[0], installed[1].removesuffix(":1"))
    project = project_generation(file)
    return None if project is None else KerasTarget(*project)


def _proved(module: Module, uses: Sequence[Use], source: Source) -> KerasTarget | None:
    """What names, values or the version of Python in the program say that one major version alone has."""
    names = [*(reference.name for reference in module.references()), *(imported.name for imported in module.imports)]
    for first in (name.path.partition(".")[0] for name in names):
        if first in KERAS_3_NAMES:
            return KerasTarget(3, f"only Keras 3 has keras.{first}")
    if _NEW_BACKEND.search(source.text):
        return KerasTarget(3, "only Keras 3 has its KERAS_BACKEND")
    proofs = [use for use in uses if use.row.is_proof]
    if proofs:
        oldest = any(use.row.removed_in == 2 for use in proofs)
        return KerasTarget(1 if oldest else 2, "names in it that Keras 3 does not have")
    if _OLD_BACKEND.search(source.text):
        return KerasTarget(2, "Keras 3 does not have its KERAS_BACKEND")
    tensorflow = next((name for name in module.names_of("tensorflow") if name in TENSORFLOW_1_NAMES), None)
    if tensorflow is not None:
        return KerasTarget(2, f"only TensorFlow 1 has tf.{tensorflow}")
    if any(fault.is_python_2 for fault in source.faults):
        return KerasTarget(2, "it is Python 2")
    return _of_python(source.python)


def _of_python(python: str | None) -> KerasTarget | None:
    """The Keras for which the Python of a notebook is too old or too new."""
    match = _PYTHON.match(python or "")
    if match is None:
        return None
    numbers = int(match[1]), int(match[2])
    reason = f"the kernel is Python {match[0]}"
    if numbers < _FIRST_PYTHON_OF_KERAS_3:
        return KerasTarget(2, reason)
    return KerasTarget(3, reason) if numbers > _LAST_PYTHON_OF_KERAS_2 else None


@cache
def assumed_target() -> KerasTarget:
    """The Keras of the environment, which is not imported; else Keras 3."""
    try:
        installed = version("keras")
    except PackageNotFoundError:
        return KerasTarget(NEWEST, "nothing says another version", True)
    return KerasTarget(int(installed.partition(".")[0]), f"keras {installed} is installed", True)
