#!/usr/bin/env python3
"""Imports saved models and compares their predictions with those of the Keras that wrote them.

    scripts/saved_models/compare.py [--tolerance 1e-4] FOLDER [NAME ...]

FOLDER has models and NAME.npz, as the other scripts of this folder write them; reference.py writes NAME.npz for models
from anywhere. Prints every model that is wrong or refused, and the figures; ends with 1 if a model is silently wrong:
if its predictions differ by more than the tolerance and than rounding the input changes them.
"""

import argparse
import collections
import json
import os
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
ENDINGS = (".h5", ".weights.h5", ".old_weights.h5", ".keras", ".saved", ".ckpt", "/model.json")


def model_of(folder, name):
    for ending in ENDINGS:
        path = folder / f"{name}{ending}"
        if path.exists() or Path(f"{path}.index").exists():
            return path
    return None


def data_of(folder, name):
    """The input and the predictions: an .npz file, or JSON from TensorFlow.js."""
    import numpy as np

    file = folder / f"{name}.npz"
    if file.exists():
        return np.load(file)
    return {key: np.asarray(value) for key, value in json.loads((folder / f"{name}.data.json").read_text()).items()}


def outcome(folder, name, tolerance):
    import keras
    import numpy as np

    from seqspec.core.diagnostics.violation import Violations
    from seqspec.saved_models.converted_model import build_converted, check_conversion, convert
    from seqspec.saved_models.saved_model import SavedModelError

    file = model_of(folder, name)
    if file is None:
        return "no file", ""
    keras.backend.clear_session()
    keras.config.set_dtype_policy("float32")
    architecture = folder / f"{name}.json"
    config = json.loads(architecture.read_text()) if architecture.exists() else None
    data = data_of(folder, name)
    try:
        converted = convert(str(file), architecture=config, theano="k1_theano" in name)
        if not converted.result.validation.ok:
            return "refused", next(d.message for d in converted.result.validation.diagnostics if d.severity == "error")
        check_conversion(converted)
        model = build_converted(converted)
        # A call without a graph is much faster than predict, and computes the same.
        found = np.asarray(model(data["input"], training=False))
    except SavedModelError as error:
        return "refused", f"{error.reason}: {error.message}"
    except Violations as error:
        return "refused", str(error)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return "error", f"{type(error).__name__}: {error} ({where.name}:{where.lineno})"
    expected = data["predictions"]
    if found.shape != expected.shape:
        return "wrong", f"{found.shape} instead of {expected.shape}"
    if not np.isfinite(expected).all():
        return "not finite", ""
    difference = float(np.max(np.abs(found.astype("float64") - expected)))
    is_half = any("float16" in str(layer.compute_dtype) for layer in model.layers)
    limit = (max(tolerance, 2e-3) if is_half else tolerance) * max(1, np.max(np.abs(expected)))
    if difference > limit:
        limit = max(limit, rounding_effect(model, data["input"], found))
    return ("right" if difference <= limit else "wrong"), f"{difference:.2g}"


def rounding_effect(model, values, found):
    """How far the predictions move if the input does by up to two units in the last place."""
    import numpy as np

    if values.dtype.kind != "f":
        return 0.0
    changes = np.random.default_rng(0).uniform(-2, 2, (3, *values.shape)) * 2.0**-23
    moved = [np.asarray(model((values * (1 + change)).astype("float32"), training=False)) for change in changes]
    return float(max(np.max(np.abs(other.astype("float64") - found)) for other in moved))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative to the largest prediction, at least 1")
    arguments = parser.parse_args()
    folder = arguments.folder
    names = sorted([path.stem for path in folder.glob("*.npz")] + [p.name[:-10] for p in folder.glob("*.data.json")])
    chosen = [name for name in names if not arguments.names or any(part in name for part in arguments.names)]
    counts = collections.defaultdict(collections.Counter)
    for name in chosen:
        verdict, detail = outcome(folder, name, arguments.tolerance)
        counts[name.partition("_")[0]][verdict] += 1
        if verdict != "right":
            print(f"{name}: {verdict}: {detail[:300]}", flush=True)
    for group, found in counts.items():
        print(f"{group}: {', '.join(f'{count} {verdict}' for verdict, count in found.items())}")
    total = sum(counts.values(), collections.Counter())
    print(f"{sum(total.values())} models: {', '.join(f'{count} {verdict}' for verdict, count in total.items())}")
    sys.exit(1 if total["wrong"] else 0)


if __name__ == "__main__":
    main()
