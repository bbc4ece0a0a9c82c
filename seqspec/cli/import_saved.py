"""`seqspec import` of saved models with their weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from seqspec.cli.options import painter, say
from seqspec.diagnostics.convert import at_source
from seqspec.diagnostics.violation import Violations
from seqspec.document.canonical import canonical_text
from seqspec.output.text import full
from seqspec.syntax.document import Document

if TYPE_CHECKING:
    from seqspec.compiler.saved_models import Converted
    from seqspec.importers.saved.errors import SavedModelError

HALF = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16")
_TOLERANCE, _HALF_TOLERANCE = 1e-4, 2e-3


def import_saved(
    file: str,
    output: str | None,
    kind: str,
    *,
    weights: str | None = None,
    architecture: str | None = None,
    verify: str | None = None,
    tolerance: float | None = None,
    theano: bool = False,
) -> None:
    """Imports a saved model; exits with status 1 and writes nothing unless the converted model computes the same."""
    from seqspec.compiler.saved_models import convert
    from seqspec.importers.saved.errors import SavedModelError

    if weights is not None and not weights.endswith((".weights.h5", ".keras")):
        raise click.UsageError("--weights must end in .weights.h5 or .keras: Keras decides the format by it")
    config = None if architecture is None else read_architecture(architecture)
    try:
        converted = convert(file, architecture=config, theano=theano)
        _require_valid(converted, file)
        lines, model = _verified(converted, verify, tolerance, weights)
    except SavedModelError as error:
        refuse(file, error)
    except Violations as several:
        document = Document({}, file=file)
        for violation in several.items:
            say(
                full(at_source(violation, document, format="toml"), lambda *_: "", painter(sys.stderr)) + "\n", err=True
            )
        _none_written(len(several.items))
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}")
    _write(converted, output, kind, weights, model)
    _summary(file, converted, lines, output, weights)


def refuse(file: str, error: SavedModelError) -> NoReturn:
    """Reports why a file is not imported, and exits with status 1."""
    from seqspec.output.text import visible

    click.echo(f"{visible(file)}: error[{error.reason}]: {visible(error.message)}", err=True)
    if error.help is not None:
        click.echo(f"  = help: {visible(str(error.help))}", err=True)
    _none_written(1)


def _none_written(count: int) -> NoReturn:
    click.echo(f"{count} error{'' if count == 1 else 's'}; no file written", err=True)
    sys.exit(1)


def read_architecture(file: str) -> Mapping[str, Any]:
    """The JSON of an architecture; exits with status 1 if it is not one."""
    from seqspec.importers.saved.errors import SavedModelError
    from seqspec.importers.saved.json_text import MOST, parsed

    try:
        if os.path.getsize(file) > MOST:
            raise click.ClickException(f"{file}: larger than {MOST:,} bytes")
        with open(file, "rb") as stream:
            tree: Mapping[str, object] = parsed(stream.read(), file)
    except SavedModelError as error:
        refuse(file, error)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror or error}")
    if "seqspec" in tree:
        raise click.ClickException(f"{file}: --architecture expects the JSON of model.to_json(), not a spec")
    return tree


def _require_valid(converted: Converted, file: str) -> None:
    """Exits with status 1 if the spec has errors: its weights are unknown then."""
    report = converted.result.report
    if report.ok:
        return
    for diagnostic in report.diagnostics:
        say(full(diagnostic, report.line, painter(sys.stderr)) + "\n", err=True)
    _none_written(sum(diagnostic.severity == "error" for diagnostic in report.diagnostics))


def _verified(
    converted: Converted, verify: str | None, tolerance: float | None, weights: str | None
) -> tuple[list[str], object]:
    """What was compared, as lines of text, and the Keras model if one was built."""
    from seqspec.compiler.errors import BuildError
    from seqspec.compiler.saved_models import build_converted, compare_with, has_keras, prove_converted
    from seqspec.importers.saved.errors import SavedModelError

    data = verify if verify not in (None, "keras", "numpy") else None
    archive = weights is not None and weights.endswith(".keras")
    wanted = verify == "keras" or data is not None or archive
    if not wanted and (verify == "numpy" or weights is None or not has_keras()):
        return [_describe(prove_converted(converted))], None
    try:
        model = build_converted(converted)
    except BuildError as error:
        raise SavedModelError("unverifiable", str(error)) from error
    lines = [_describe(prove_converted(converted, model))]
    if data is not None:
        limit = tolerance or (_HALF_TOLERANCE if _is_half(converted) else _TOLERANCE)
        difference = compare_with(model, data)
        if not difference <= limit:
            raise SavedModelError(
                "predictions-differ",
                f"the predictions differ from those in {data} by {difference:.2g}, more than {limit:g}",
            )
        lines.append(f"verified: the predictions agree with {data} (largest difference {difference:.1g})")
    return lines, model


def _is_half(converted: Converted) -> bool:
    return any(f"'{policy}'" in repr(converted.tree) for policy in HALF)


def _describe(proof: Any) -> str:
    if proof is None:
        return "not verified: no input can be made for this model"
    if proof.failure:
        return f"not verified: the converted model does not run on random input: {proof.failure}"
    other = "Keras" if proof.against == "keras" else "the converted weights read in NumPy"
    count = f"{proof.compared} layer{'' if proof.compared == 1 else 's'}"
    text = (
        f"verified: {count} of the file, read in NumPy, agree with {other} (largest difference {proof.difference:.1g})"
    )
    if proof.unread:
        text += f"; not compared: {', '.join(proof.unread[:10])}"
    return text


def _write(converted: Converted, output: str | None, kind: str, weights: str | None, model: Any) -> None:
    """Writes all files under temporary names first, so that either all or none are written."""
    from seqspec.importers.saved.write import write_weights

    text = canonical_text(converted.tree, kind)
    pending: list[tuple[Path, Path]] = []

    def beside(target: str, write: Callable[[Path], Any], suffix: str = "") -> None:
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
        raise click.ClickException(f"{error.filename or output or weights}: {error.strerror or error}")
    finally:
        for partial, _ in pending:
            partial.unlink(missing_ok=True)
    if output is None:
        click.echo(text, nl=False)


def _summary(file: str, converted: Converted, lines: list[str], output: str | None, weights: str | None) -> None:
    from seqspec.linter.check import check

    conversion = converted.conversion
    for note in [*conversion.imported.notes, *conversion.ledger.notes]:
        click.echo(f"note: {note}", err=True)
    report = check(converted.tree if output is None else output)
    for diagnostic in report.diagnostics:
        say(full(diagnostic, report.line, painter(sys.stderr)) + "\n", err=True)
    to_err = output is None
    click.echo(f"{file}: {conversion.generation}, {conversion.saved.container}", err=to_err)
    for rule, count in sorted(conversion.ledger.uses.items()):
        click.echo(f"  {rule}: {count} time{'' if count == 1 else 's'}", err=to_err)
    for line in lines:
        click.echo(line, err=to_err)
    if weights is not None:
        count = sum(array.size for array in conversion.arrays.values())
        click.echo(f"{weights}: {len(conversion.arrays)} arrays, {count:,} values", err=to_err)
    if output is not None:
        click.echo(f"{output}: {len(report.layers)} layers, {report.params:,} parameters")
