"""Saved models of a run, loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import keras

from seqspec.compiler.custom import loader
from seqspec.training.errors import RunError


def load_model(path: Path, tree: Mapping[str, object], allowed: Collection[str] = ()) -> Any:
    """The Keras model; classes of the user's own are imported where their modules are allowed."""
    try:
        return keras.models.load_model(path, custom_objects=custom_objects(tree, allowed), safe_mode=True)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise RunError(f"{path} cannot be loaded: {str(error).splitlines()[0][:300]}")


def custom_objects(tree: Mapping[str, object], allowed: Collection[str] = ()) -> dict[str, Any]:
    """The user's own classes that a spec names, as Keras loads them; imported where their modules are allowed."""
    objects: dict[str, object] = {}
    if "custom" in tree:
        from seqspec.analysis.analyze import analyze

        spec = analyze(tree).spec
        load = loader(allowed)
        for name, declared in (spec.custom if spec is not None else {}).items():
            made = load(declared)
            objects[name] = objects[made.__name__] = made
    return objects
