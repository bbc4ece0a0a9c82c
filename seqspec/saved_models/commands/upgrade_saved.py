"""`seqspec upgrade` of saved models: writes a `.keras` file of the installed Keras with equal predictions."""

from __future__ import annotations

import os
from pathlib import Path

import click

from seqspec.cli.importing import ImportOptions
from seqspec.core.api.diagnostics import MissingPackageError, Violations
from seqspec.core.api.messages import visible
from seqspec.saved_models.commands.import_saved import conversion_arguments, report_error
from seqspec.saved_models.file import is_saved_model
from seqspec.saved_models.saved_model import SavedModelError


class SavedModelUpgrader:
    """Writes saved models for the installed Keras."""

    def accepts(self, file: str) -> bool:
        """Whether a path is a saved model, by its content."""
        return os.path.exists(file) and is_saved_model(file)

    def run(self, file: str, output: str | None, options: ImportOptions, *, only_check: bool) -> bool:
        """Writes the model next to the old one, with the ending .keras; a file that exists is never replaced."""
        return _upgrade(file, output, options, only_check)


UPGRADER = SavedModelUpgrader()


def _upgrade(file: str, output: str | None, options: ImportOptions, only_check: bool) -> bool:
    from seqspec.core.api.diagnostics import BuildError
    from seqspec.saved_models.converted_model import build_converted, check_conversion, convert

    target = Path(output) if output is not None else _default_target(file)
    if target.exists():
        return _failed(file, f"{visible(str(target))} already exists; aborted")
    arguments = conversion_arguments(file, options)
    try:
        converted = convert(file, **arguments)
        report = converted.result.validation
        if not report.ok:
            message = next(diagnostic.message for diagnostic in report.diagnostics if diagnostic.severity == "error")
            return _failed(file, f"{message}; aborted")
        model = build_converted(converted)
        check = check_conversion(converted, model)
    except MissingPackageError:
        raise
    except SavedModelError as error:
        report_error(file, error)
        return False
    except Violations as several:
        return _failed(file, f"{several.items[0].message}; aborted")
    except (BuildError, OSError) as error:
        return _failed(file, f"{error}; aborted")
    if only_check:
        click.echo(f"would upgrade {visible(file)} ({converted.conversion.generation}) to {visible(str(target))}")
        return False
    from seqspec.core.api.compiler import save_model

    try:
        save_model(model, target)
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror or error}")
    for note in [*converted.conversion.imported.notes, *converted.conversion.notes.texts]:
        click.echo(f"note: {note}", err=True)
    if converted.conversion.layout is not None:
        click.echo("note: the new model expects the channels of its input on the last axis", err=True)
    compared = "" if check is None else f"; {check.compared} layers agree with a second reading of the file"
    if check is None or check.failure:
        compared = "; not verified: the model does not run on random input"
    elif check.not_compared:
        compared += f", not compared: {', '.join(check.not_compared[:10])}"
    click.echo(f"upgraded {visible(file)} ({converted.conversion.generation}) to {visible(str(target))}{compared}")
    return True


def _default_target(file: str) -> Path:
    path = Path(file)
    if path.name == "model.json" or path.is_dir():
        folder = path if path.is_dir() else path.resolve().parent
        return folder.parent / f"{folder.name}.keras"
    stem = path.with_suffix("") if path.suffix in (".h5", ".hdf5") else path
    if stem.suffix == ".keras":
        return stem.with_name(f"{stem.stem}-upgraded.keras")
    return stem.with_name(f"{stem.name}.keras")


def _failed(file: str, message: str) -> bool:
    click.echo(f"{visible(file)}: {message}", err=True)
    return False
