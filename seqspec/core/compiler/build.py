"""Builds the Keras model of a document."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from seqspec.core.analysis.files import is_address, is_allowed, opened_files
from seqspec.core.check.check import Check, CheckSettings
from seqspec.core.diagnostics.errors import BuildError, MissingKerasError, install_command
from seqspec.core.diagnostics.violation import pointer
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.frontends.frontend import Source
from seqspec.core.language.keras import NEWEST, OLDEST
from seqspec.core.syntax.limits import NotRegularFile, require_regular

if TYPE_CHECKING:
    import keras


def build(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    allow_custom: str | Collection[str] = (),
    allow_files: str | Collection[str] = (),
    download: bool = True,
) -> keras.Sequential:
    """Builds the `keras.Sequential` of a spec, compiled if it has `[compile]`.

    Layer names, shapes, dtypes and weights are those of the report of `check`.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`, such as `"layers.head.units=5"`.
        allow_custom: Names of the Python modules, or of one module, whose classes the spec may import: their code runs.
        allow_files: Files, or one file, outside the project that the model may read: vocabularies and weights.
        download: Whether base models get the pretrained weights that the spec names; otherwise their weights are newly
            initialized.

    Raises:
        SpecError: The check finds an error; nothing is imported.
        BuildError: The spec is valid and cannot be built here: Keras is missing or of another version, a module is not
            allowed, a download fails.
    """
    modules = (allow_custom,) if isinstance(allow_custom, str) else allow_custom
    files = (allow_files,) if isinstance(allow_files, str) else allow_files
    check = Check.of(source, vars=vars, settings=settings, options=CheckSettings(allow_files=files))
    check.valid_for("build")
    return build_analyzed(check, allow_custom=modules, allow_files=files, download=download)


def build_analyzed(
    check: Check,
    *,
    allow_custom: Collection[str] = (),
    allow_files: Collection[str] = (),
    download: bool = True,
) -> keras.Sequential:
    """Builds an analyzed document without errors."""
    require_all(check, allow_custom, allow_files)
    spec = check.spec
    from seqspec.core.compiler.keras_model import build_model
    from seqspec.core.compiler.keras_objects import loader, module_folders

    return build_model(
        spec.stack,
        check.layers,
        spec.environment,
        compile=spec.compile if "compile" in spec.written else None,
        runtime=spec.runtime,
        download=download,
        load=loader(allow_custom, module_folders(check)),
    )


def require_all(check: Check, allow_custom: Collection[str] = (), allow_files: Collection[str] = ()) -> None:
    """Raises `BuildError` for missing requirements, before anything is imported or opened."""
    _need_modules(check.spec, allow_custom)
    _need_files(check, allow_files)
    _need_keras(check.spec)


def _need_modules(spec: TypedSpec, allowed: Collection[str]) -> None:
    missing = sorted({declared.module for declared in spec.custom.values()} - set(allowed))
    if missing:
        options = " ".join(f"--allow-custom {module}" for module in missing)
        raise BuildError(
            f"the spec imports classes from {', '.join(missing)}, which executes the code of these modules; "
            f"allow it with {options}, or allow_custom={missing!r} in Python"
        )


def _need_files(check: Check, allowed: Collection[str]) -> None:
    """Refuses files that the caller has not allowed, even if the finding is suppressed."""
    for path, text in opened_files(check.expansion.tree):
        # Keras resolves relative paths against the working directory.
        if not is_allowed(text, check.document, allowed, base=os.getcwd()):
            option = "" if is_address(text) else f"; allow it with --allow-file {text}"
            raise BuildError(f'{pointer(path)}: "{text}" is not a file of the project, and is not opened{option}')
        try:
            require_regular(text)
        except NotRegularFile as error:
            raise BuildError(f'{pointer(path)}: "{text}": {error.strerror}')
        except OSError:
            # Keras says which of the files that it looks for does not exist.
            continue


def _need_keras(spec: TypedSpec) -> None:
    try:
        installed = version("keras")
        version_of = tuple(int(part) for part in installed.split(".")[:2])
    except (PackageNotFoundError, ValueError):
        install = install_command("tensorflow")
        raise MissingKerasError(f"building a model requires Keras and TensorFlow: {install}") from None
    if not OLDEST <= version_of <= NEWEST:
        oldest, newest = (".".join(map(str, supported)) for supported in (OLDEST, NEWEST))
        raise BuildError(f"Keras {installed} is installed, but seqspec supports {oldest} to {newest}")
    if "keras" in spec.tree and not spec.keras.oldest <= version_of <= spec.keras.newest:
        raise BuildError(f'Keras {installed} is installed, but the spec requires keras = "{spec.tree["keras"]}"')
