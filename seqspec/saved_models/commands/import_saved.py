"""`seqspec import` of saved models with their weights."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from seqspec.cli.importing import ImportOptions, WeightOptions, import_limits
from seqspec.cli.options import echo_findings, exit_without_file
from seqspec.core.api.diagnostics import MissingPackageError, Violations, at_source
from seqspec.core.api.messages import TOML, counted, visible
from seqspec.core.api.spec import canonical_text
from seqspec.core.api.syntax import Document
from seqspec.saved_models.file import is_saved_model
from seqspec.saved_models.saved_model import MAX_BYTES, SavedModelError, parse_json

if TYPE_CHECKING:
    from seqspec.core.api.check import LayerReport
    from seqspec.saved_models.converted_model import Converted

_TOLERANCE, _HALF_TOLERANCE = 1e-4, 2e-3
_ROUNDED_TOLERANCE = {"int8": 5e-2, "int4": 5e-2, "float8": 2e-1}
"""By the mode of quantized layers, of which Keras also rounds the inputs."""


class SavedModelImporter:
    """Imports a saved model, with its weights or, if it can only be read with h5py, without them."""

    def accepts(self, file: str, options: ImportOptions, weights: WeightOptions) -> bool:
        """Whether the file is a saved model, by its content, whose weights are read or whose spec needs h5py."""
        is_whole = options != ImportOptions() or weights.is_set
        return is_saved_model(file) and (is_whole or not is_text_archive(file))

    def run(self, file: str, output: str | None, format_: str, options: ImportOptions, weights: WeightOptions) -> None:
        """Writes the spec and the weights, unless the converted model computes something else."""
        import_saved(file, output, format_, options, weights)


IMPORTER = SavedModelImporter()


def is_text_archive(file: str) -> bool:
    """Whether the architecture of a saved model can be read without h5py: a `.keras` file or a model.json.

    A `.keras` file with vocabularies in separate files is not.
    """
    from seqspec.core.api.files import has_assets

    try:
        with open(file, "rb") as stream:
            return stream.read(4).lstrip()[:1] in (b"P", b"{") and not has_assets(file)
    except OSError:
        return False


def import_saved(
    file: str, output: str | None, kind: str, options: ImportOptions, weight_options: WeightOptions
) -> None:
    """Imports a saved model; exits with status 1 and writes nothing unless the converted model computes the same."""
    from seqspec.saved_models.converted_model import convert

    weights, verify, tolerance = weight_options
    if weights is not None and not weights.endswith((".weights.h5", ".keras")):
        raise click.UsageError("--weights must end in .weights.h5 or .keras: Keras decides the format by it")
    arguments = conversion_arguments(file, options)
    try:
        converted = convert(file, **arguments)
        _require_valid(converted, file)
        lines, model = _verified(converted, verify, tolerance, weights)
    except MissingPackageError:
        raise
    except SavedModelError as error:
        exit_with_error(file, error)
    except Violations as several:
        document = Document({}, file=file)
        echo_findings([at_source(violation, document, notation=TOML) for violation in several.items], lambda *_: "")
        exit_without_file(len(several.items))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}")
    _write(converted, output, kind, weights, model)
    _summary(file, converted, lines, output, weights)


def conversion_arguments(file: str, options: ImportOptions) -> dict[str, Any]:
    """The options as arguments of `convert`; exits with status 1 if the architecture cannot be read."""
    architecture = options.architecture
    return {
        "architecture": None if architecture is None else read_architecture(architecture),
        "theano": options.theano,
        "ignore_masked": options.ignore_masked,
        "input_shape": options.input_shape,
        "move_channels": options.layout == "channels_last",
        "limits": import_limits(file),
    }


def report_error(file: str, error: SavedModelError) -> None:
    """Reports why a file is not imported."""
    click.echo(f"{visible(file)}: error[{error.reason}]: {visible(error.message)}", err=True)
    if error.help is not None:
        click.echo(f"  = help: {visible(str(error.help))}", err=True)


def exit_with_error(file: str, error: SavedModelError) -> NoReturn:
    """Reports why a file is not imported, and exits with status 1."""
    report_error(file, error)
    exit_without_file(1)


def read_architecture(file: str) -> Mapping[str, object]:
    """The JSON of an architecture; exits with status 1 if it is not one."""
    try:
        if os.path.getsize(file) > MAX_BYTES:
            raise click.ClickException(f"{file}: larger than {MAX_BYTES:,} bytes")
        with open(file, "rb") as stream:
            tree: Mapping[str, object] = parse_json(stream.read(), file)
    except SavedModelError as error:
        exit_with_error(file, error)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}")
    if "seqspec" in tree:
        raise click.ClickException(f"{file}: --architecture expects the JSON of model.to_json(), not a spec")
    return tree


def _require_valid(converted: Converted, file: str) -> None:
    """Exits with status 1 if the spec has errors: its weights are unknown then."""
    report = converted.result.validation
    if report.ok:
        return
    _echo_notes(converted)
    echo_findings(report.diagnostics, report.line)
    exit_without_file(sum(diagnostic.severity == "error" for diagnostic in report.diagnostics))


def _echo_notes(converted: Converted) -> None:
    conversion = converted.conversion
    for note in [*conversion.imported.notes, *conversion.notes.texts]:
        click.echo(f"note: {note}", err=True)


def _verified(
    converted: Converted, verify: str | None, tolerance: float | None, weights: str | None
) -> tuple[list[str], object]:
    """What was compared, as lines of text, and the Keras model if one was built."""
    from seqspec.core.api.diagnostics import BuildError
    from seqspec.saved_models.converted_model import build_converted, check_conversion, compare_with, has_keras

    data = verify if verify not in (None, "keras", "numpy") else None
    archive = weights is not None and weights.endswith(".keras")
    wanted = verify == "keras" or data is not None or archive
    if not wanted and (verify == "numpy" or weights is None or not has_keras()):
        return [_describe(check_conversion(converted))], None
    try:
        model = build_converted(converted)
    except BuildError as error:
        raise SavedModelError("unverifiable", str(error)) from error
    lines = [_describe(check_conversion(converted, model))]
    if data is not None:
        limit = tolerance or _default_tolerance(converted)
        difference = compare_with(model, data, converted)
        if not difference <= limit:
            raise SavedModelError(
                "predictions-differ",
                f"the predictions differ from those in {data} by {difference:.2g}, more than {limit:g}",
            )
        lines.append(f"verified: the predictions agree with {data} (largest difference {difference:.1g})")
    return lines, model


def _default_tolerance(converted: Converted) -> float:
    modes = {mode for node in converted.conversion.source for mode in node.quantized_modes()}
    half = _is_half(converted.result.layers)
    return max([_HALF_TOLERANCE if half else _TOLERANCE, *(_ROUNDED_TOLERANCE[mode] for mode in modes)])


def _is_half(layers: Sequence[LayerReport]) -> bool:
    """Whether a layer computes in half precision, also one inside another."""
    return any(
        _is_half(entry.layers) or any(tensor.dtype in ("float16", "bfloat16") for tensor in entry.outputs)
        for entry in layers
    )


def _describe(check: Any) -> str:
    if check is None:
        return "not verified: no input can be made for this model"
    if check.failure:
        return f"not verified: the converted model does not run on random input: {check.failure}"
    other = "Keras" if check.against == "keras" else "the converted weights read in NumPy"
    count = counted(check.compared, "layer")
    text = (
        f"verified: {count} of the file, read in NumPy, agree with {other} (largest difference {check.difference:.1g})"
    )
    if check.not_compared:
        text += f"; not compared: {', '.join(check.not_compared[:10])}"
    return text


def _write(converted: Converted, output: str | None, kind: str, weights: str | None, model: Any) -> None:
    """Writes all files under temporary names first, so that either all of them or none are written."""
    from seqspec.saved_models.weights_h5 import write_weights

    for target in (weights, output):
        if target is not None and not Path(target).parent.is_dir():
            raise click.ClickException(f"{target}: there is no folder {Path(target).parent}")
    text = canonical_text(converted.tree, kind)
    pending: list[tuple[Path, Path]] = []

    def beside(target: str, write: Callable[[Path], object], suffix: str = "") -> None:
        path = Path(target)
        partial = path.with_name(f".{path.name}.{os.getpid()}{suffix}")
        pending.append((partial, path))
        write(partial)

    try:
        if weights is not None and weights.endswith(".keras"):
            beside(weights, model.save, ".keras")
        elif weights is not None:
            beside(weights, lambda partial: write_weights(converted.conversion.arrays, partial))
        if output is not None:
            beside(output, lambda partial: partial.write_text(text, encoding="utf-8", newline="\n"))
        for partial, path in pending:
            os.replace(partial, path)
    except OSError as error:
        raise click.ClickException(f"{pending[-1][1]}: {error.strerror or error}")
    finally:
        for partial, _ in pending:
            partial.unlink(missing_ok=True)
    if output is None:
        click.echo(text, nl=False)


def _summary(file: str, converted: Converted, lines: list[str], output: str | None, weights: str | None) -> None:
    from seqspec.core.api.check import check

    conversion = converted.conversion
    _echo_notes(converted)
    report = check(converted.tree if output is None else output)
    echo_findings(report.diagnostics, report.line)
    to_err = output is None
    click.echo(f"{file}: {conversion.generation}, {conversion.saved.container}", err=to_err)
    for rule, count in sorted(conversion.notes.fixes.items()):
        click.echo(f"  {rule}: {counted(count, 'time')}", err=to_err)
    for line in lines:
        click.echo(line, err=to_err)
    if weights is not None:
        count = sum(array.size for array in conversion.arrays.values())
        click.echo(f"{weights}: {len(conversion.arrays)} arrays, {count:,} values", err=to_err)
    if output is not None:
        click.echo(f"{output}: {len(report.layers)} layers, {report.params:,} parameters")
