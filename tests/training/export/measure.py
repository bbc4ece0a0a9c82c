"""Measures which layers the runtimes of the export formats support, for `scripts/export-matrix`."""

from __future__ import annotations

import tempfile
from typing import Any

import keras
import numpy as np

import seqspec
from seqspec.core.catalog.export_formats import EXPORT_FORMATS
from seqspec.core.document.outputs import Export
from seqspec.training.errors import ExportError
from seqspec.training.export.exporter import ExportJob, export_model
from seqspec.training.export.verify import CheckSamples
from tests.random_weights import randomize
from tests.training.export.rows import Row

TRIES = ("as_is", "batch_size", "unroll")
"""The model as it is; with a batch size of 1; with unrolled layers."""
REFUSED = "Keras cannot build the layer"


def measure(row: Row, format: str, tries: tuple[str, ...] = TRIES) -> dict[str, str]:
    """What each try gives, up to the first that works; a layer without a loop is not unrolled."""
    if row.name == "Equalization":
        return {"as_is": REFUSED}
    keras.utils.set_random_seed(1)
    model = seqspec.build(row.tree)
    randomize(model, np.random.default_rng(1))
    loops = any(hasattr(layer, "unroll") for layer in model._flatten_layers())
    found = {}
    for attempt in tries:
        if attempt == "unroll" and (not loops or "T" in row.sizes):
            continue
        found[attempt] = _attempt(row, model, format, attempt)
        if found[attempt] == "yes" and attempt == "as_is":
            break
    return found


def _attempt(row: Row, model: Any, format: str, attempt: str) -> str:
    fixed = row.input.get("batch_size") if isinstance(row.input, dict) else None
    if attempt == "batch_size" and fixed is not None:
        return "not tried"
    names = [layer.name for layer in model.layers] if attempt == "unroll" else []
    # The file is the same each time: one of an unknown length is run with two lengths.
    for steps in (5, 7) if "T" in row.sizes else (5,):
        samples = CheckSamples(row.inputs(3, steps), None, "random inputs", {})
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/model{EXPORT_FORMATS[format].suffix}"
            table = Export(filepath=path, format=format, batch_size=1 if attempt == "batch_size" else None)
            try:
                done = export_model(ExportJob(model, samples, unroll=names), table)
            except ExportError as error:
                return "no " + ", ".join(error.operations) if error.operations else f"no: {str(error)[:160]}"
            assert done.runtime is not None, done.notes
    return "yes"
