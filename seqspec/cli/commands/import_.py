"""`seqspec import`: converts a saved model or a Python program to a spec."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from seqspec.cli.importing import (
    Importer,
    ImportOptions,
    WeightOptions,
    import_limits,
    input_shape_option,
    layout_option,
    output_format,
    print_report,
    print_violations,
    write_document,
)
from seqspec.cli.options import exit_without_file, file_names, file_option, format_option, output_option
from seqspec.core.check.check import check
from seqspec.core.compiler.base_models import with_base_models
from seqspec.core.diagnostics.violation import Violations
from seqspec.core.document.canonical import canonical_text
from seqspec.core.frontends.keras_json.sequential_model import import_model
from seqspec.core.frontends.registry import importers
from seqspec.core.syntax.document import Document
from seqspec.core.syntax.limits import Limits


@click.command("import")
@click.argument("file", shell_complete=file_names)
@output_option("Output file; standard output by default.", "OUT")
@format_option(["toml", "json"], "Output format; by default determined by the suffix of OUT, otherwise TOML.")
@file_option(
    "--weights",
    metavar="OUT.weights.h5",
    help="Write the weights of a saved model for Keras 3; OUT.keras writes the whole model and needs Keras.",
)
@file_option("--architecture", metavar="JSON", help="The output of model.to_json(), for a FILE that has only weights.")
@file_option(
    "--verify",
    metavar="[keras|numpy|DATA.npz]",
    help="keras, numpy: compare each layer of FILE with the converted layer in Keras or NumPy, on random input. An "
    ".npz file: also compare the predictions for its array input with its array "
    "predictions.  [default: keras if installed]",
)
@click.option("--tolerance", type=float, help="Largest relative difference that --verify accepts.  [default: 1e-4]")
@click.option("--theano", is_flag=True, help="The model was trained with Theano, which files of Keras 1 do not record.")
@click.option(
    "--ignore-masked",
    is_flag=True,
    help="Accept different predictions for masked time steps: after a Bidirectional layer, Keras 3 outputs "
    "zeros there.",
)
@input_shape_option
@layout_option
def command(
    file: str,
    output: str | None,
    format_: str | None,
    weights: str | None,
    verify: str | None,
    tolerance: float | None,
    **import_options: Any,
) -> None:
    """Convert a saved Keras model, or a model of a Python program, to a spec.

    FILE is the output of model.to_json(), a saved model of any Keras (.keras, .h5, SavedModel, checkpoint, model.json
    of TensorFlow.js), or a Python file or notebook. Nothing of it is executed. If a program defines several models,
    FILE:NAME or FILE:LINE selects one. A .keras file that a run has saved contains its spec, which is written as it
    is. Default arguments are omitted; values that a program does not determine become variables.

    With --weights the layers of FILE are also computed in NumPy, as the Keras that wrote it did, and compared with the
    converted model.

    The exit code is 1 if the model contains something that a spec cannot express or if the converted model computes
    something else, in which case no file is written. Without weights it is also 1 if the check of the new spec finds
    an error.
    """
    kind = output_format(output, format_)
    options = ImportOptions(**import_options)
    weight_options = WeightOptions(weights, verify, tolerance)
    importer: Importer
    for importer in importers():
        if importer.accepts(file, options, weight_options):
            importer.run(file, output, kind, options, weight_options)
            return
    if options != ImportOptions() or weight_options.is_set:
        raise click.ClickException(
            f"{file}: {'not a saved model with weights' if os.path.exists(file) else 'file not found'}"
        )
    limits = import_limits(file)
    if _import_spec(file, kind, output, limits):
        return
    document = _read(file, limits)
    if document.violations:
        print_violations(document.violations, document)
        sys.exit(1)
    try:
        imported = import_model(with_base_models(document.tree), limits)
    except Violations as several:
        print_violations(several.items, document)
        exit_without_file(len(several.items))
    _finish(canonical_text(imported.tree, kind), imported.tree, imported.notes, output, limits)


def _import_spec(file: str, kind: str, output: str | None, limits: Limits) -> bool:
    """Writes the spec that the model file of a run contains; returns False if it has none."""
    from seqspec.core.syntax.keras_archive import spec_text
    from seqspec.core.syntax.source import parse_text

    try:
        member = spec_text(file, limits)
    except (OSError, ValueError):
        return False
    if member is None:
        return False
    name, text = member
    name_format = name.rpartition(".")[2]
    document = parse_text(text, f"{file}/{name}", name_format, limits)
    if document.violations:
        return False
    if name_format != kind or "/" not in name:
        text = canonical_text(document.tree, kind)
    _finish(text, dict(document.tree), [], output, limits)
    return True


def _finish(text: str, tree: Mapping[str, object], notes: Sequence[str], output: str | None, limits: Limits) -> None:
    """Writes the document and prints its findings; exits with status 1 if one is an error."""
    write_document(text, notes, output)
    report = check(tree if output is None else output, limits=limits)
    print_report(report, report.diagnostics, output)


def _read(file: str, limits: Limits) -> Document:
    from seqspec.core.syntax.keras_archive import ArchiveError, config_text
    from seqspec.core.syntax.source import parse_text, read_source

    try:
        text = config_text(file, limits)
    except ArchiveError as error:
        raise click.ClickException(f"{file}: {error}")
    except (OSError, ValueError):
        text = None  # The check of the file as a spec produces a better message.
    if text is not None:
        return parse_text(text, f"{file}/config.json", "json", limits)
    return read_source(file, limits)
