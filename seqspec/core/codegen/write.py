"""Generates an idiomatic Keras program for a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seqspec.core.check.check import Check, CheckSettings
from seqspec.core.codegen.calls import Layers, Names, every_layer
from seqspec.core.codegen.data import class_lines, is_ordered, labels_of, missing_for_order, sample_lines, tuple_of
from seqspec.core.codegen.expressions import BracketGroup, Item, ProgramImports, call, lines, literal, sequence, text
from seqspec.core.codegen.statements import (
    SETS,
    adapt_lines,
    compile_lines,
    export_lines,
    fit_lines,
    output_lines,
    report_lines,
)
from seqspec.core.diagnostics.codes import family
from seqspec.core.diagnostics.errors import SpecError
from seqspec.core.diagnostics.violation import Path
from seqspec.core.document.typed_spec import TypedSpec
from seqspec.core.frontends.frontend import Source
from seqspec.core.language.expansion import Expansion
from seqspec.core.shapes.tensor import Dim, public
from seqspec.core.syntax.limits import LIMITS, Limits


def copies(expansion: Expansion, count: int) -> dict[int, str]:
    """The comments for the first layer of each block copy, by index in the stack.

    Nested blocks are ignored: only the outermost one is used in the stack.
    """
    begun: list[tuple[int, str, int]] = []
    before: tuple[Path, int] | None = None
    for index in range(count):
        block = _block(expansion, index)
        if block is None:
            before = None
            continue
        name, use, entry = block
        if before is None or before[0] != use or entry < before[1]:
            begun.append((index, name, 0))
        start, _, layers = begun[-1]
        begun[-1] = (start, name, layers + 1)
        before = (use, entry)
    return {index: f"block {name} ({layers} {'layer' if layers == 1 else 'layers'})" for index, name, layers in begun}


def _block(expansion: Expansion, index: int) -> tuple[str, Path, int] | None:
    """The outermost block of a layer: its name, the location of its use, and the index of the entry."""
    origin = expansion.origin(("model", "layers", index))
    path = origin.path
    if path[:1] != ("blocks",):
        return None
    for step in origin.via:
        if not step.is_block_use:
            continue
        if step.path[:1] != ("blocks",):
            return str(path[1]), step.path, int(path[3])
        path = step.path
    return None


class NoProgram(Exception):
    """A document without a program; the message is the reason."""


def to_python(
    source: Source,
    *,
    vars: Mapping[str, object] | None = None,
    settings: Sequence[str] = (),
    limits: Limits = LIMITS,
    same_order: bool = False,
) -> str:
    """Generates the equivalent Keras program; neither Keras nor a module of the spec is imported.

    The program creates the same model as `build`, with the same names, and trains it as `[fit]` says; the data are
    placeholders to be filled in.

    Args:
        source: A path, a spec as a dict, or a `Spec`.
        vars: Values for the variables of the spec.
        settings: Further values in the syntax of `--set`.
        limits: Bounds on the size of what is read.
        same_order: Whether the program reads the samples in the order of `seqspec.train`, so that its history is the
            same; needs a seed.

    Raises:
        NoProgram: The order cannot be expressed in the program.
        SpecError: The check finds an error; see `report`.
    """
    check = Check.of(source, vars=vars, settings=settings, options=CheckSettings(limits=limits))
    if not check.validation.ok:
        raise SpecError(check.validation)
    return program(check, same_order)


def program(check: Check, same_order: bool = False) -> str:
    """The Keras program of an analyzed document.

    Raises:
        NoProgram: The document has an error, so that there is no model. Findings of rules do not matter.
    """
    _need_model(check)
    missing = missing_for_order(check.spec) if same_order else None
    if missing is not None:
        raise NoProgram(missing)
    return "\n".join(_Program(check, check.spec, same_order).lines())


def _need_model(check: Check) -> None:
    for diagnostic in check.validation.diagnostics:
        of_the_language = family(diagnostic.code) in ("0", "1", "2") and diagnostic.name not in (
            "policy",
            "plugin-fault",
        )
        if diagnostic.severity == "error" and of_the_language:
            raise NoProgram(f"The spec does not define a valid model: {diagnostic.message}.")
    stack = check.spec.stack
    if stack.input is None or len(check.layers) < len(stack.layers):
        raise NoProgram("The spec does not define a valid model.")


class _Program:
    def __init__(self, check: Check, spec: TypedSpec, same_order: bool) -> None:
        self.spec = spec
        self.same_order = same_order and any(is_ordered(stage) for stage in spec.fit)
        self.expansion = check.expansion
        self.reports = check.layers
        self.imports = ProgramImports()
        self.names = Names(every_layer(report.layer for report in self.reports))
        self.layers = Layers(spec.environment, self.names, self.imports)

    def lines(self) -> Iterator[str]:
        """All lines; the imports come first, but are known last."""
        parts = (
            self._order, self._runtime, self._model, self._compile, self._data, self._fit, self._report, self._outputs
        )  # fmt: skip
        written = [list(part()) for part in parts]
        yield from self._head()
        for part in written:
            if part:
                yield ""
                yield from part
        yield ""

    def _head(self) -> Iterator[str]:
        spec = self.spec
        backend = spec.runtime.backend
        reported = spec.report.filepath is not None
        if reported:
            yield "import json"
        if backend is not None:
            yield "import os"
        if reported or backend is not None:
            yield ""
        if backend is not None:
            # Keras reads it when it is imported.
            yield f'os.environ["KERAS_BACKEND"] = {text(backend)}'
            yield ""
        yield "import keras"
        if self.same_order:
            yield "import numpy as np"
        if self.imports.layers:
            yield "from keras import layers"
        classes = self.imports.own()
        if classes:
            yield ""
            yield from classes

    def _order(self) -> Iterator[str]:
        if self.same_order and self.spec.runtime.seed is not None:
            yield ""
            yield from class_lines(self.spec.runtime.seed)
            yield ""

    def _runtime(self) -> Iterator[str]:
        runtime = self.spec.runtime
        if runtime.seed is not None:
            yield f"keras.utils.set_random_seed({runtime.seed})"
        if runtime.distribution == "data_parallel":
            yield "keras.distribution.set_distribution(keras.distribution.DataParallel())"
        if runtime.dtype_policy != "float32":
            yield f"keras.config.set_dtype_policy({text(runtime.dtype_policy)})"

    def _model(self) -> Iterator[str]:
        stack = self.spec.stack
        entries = self.spec.tree["model"]["layers"]
        for report, entry in zip(self.reports, entries):
            self.layers.prepare(report.layer, report.name, report.input, entry)
        yield from self.layers.statements
        begun = copies(self.expansion, len(entries))
        items = [self._input()]
        for index, (report, entry) in enumerate(zip(self.reports, entries)):
            written = self.layers.write(report.layer, report.name, report.input, entry)
            items.append(Item(written, comment=begun.get(index, "")))
        arguments = [Item(BracketGroup("[", items, "]", tall=True))]
        name = stack.name if stack.name is not None else self.names.to_write("Sequential", "sequential")
        if name is not None:
            arguments.append(Item(text(name), "name="))
        yield from lines(call("keras.Sequential", arguments), "model = ")

    def _input(self) -> Item:
        stack = self.spec.stack
        assert stack.input is not None
        incoming = stack.input
        given = self.spec.tree["model"].get("input")
        given = given if isinstance(given, Mapping) else {}
        arguments = [Item(sequence([literal(size) for size in public(incoming.sample)], "()"), "shape=")]
        if "dtype" in given or incoming.dtype != "float32":
            arguments.append(Item(text(incoming.dtype), "dtype="))
        if isinstance(incoming.dims[0], int):
            arguments.append(Item(str(incoming.dims[0]), "batch_size="))
        if stack.input_name is not None:
            arguments.append(Item(text(stack.input_name), "name="))
        arguments += [Item("True", f"{flag}=") for flag in ("sparse", "ragged") if getattr(incoming, flag)]
        named = any(isinstance(size, Dim) and str(size) != "?" for size in incoming.sample)
        return Item(call("keras.Input", arguments), remark=tuple_of(incoming.sample) if named else "")

    def _compile(self) -> Iterator[str]:
        if "compile" in self.spec.written:
            yield from compile_lines(self.spec.compile, self.spec.tree["compile"], self.layers.objects)

    def _data(self) -> Iterator[str]:
        spec = self.spec
        used: set[str] = set() if spec.report.filepath is None else {*spec.report.evaluate}
        if spec.fit:
            used.add("train")
            if spec.data.has_validation:
                used.add("validation")
        if used:
            yield "# The spec does not contain the data: load them here."
            yield from sample_lines(spec, [(name, ending) for name, ending in SETS.items() if name in used])

    def _fit(self) -> Iterator[str]:
        if self.spec.fit:
            yield from adapt_lines(self.reports)
            yield from fit_lines(self.spec, self.layers.objects, self.same_order)

    def _report(self) -> Iterator[str]:
        yield from report_lines(self.spec.report, labels_of(self.spec))

    def _outputs(self) -> Iterator[str]:
        yield from output_lines(self.spec)
        if self.spec.export and self.spec.stack.input is not None:
            yield from export_lines(self.spec.export, self.reports, self.spec.stack.input)
