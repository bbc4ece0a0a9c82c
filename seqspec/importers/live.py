"""A model object of the running program as a spec; Keras is not imported here, since the program already did."""

from __future__ import annotations

from typing import Any

from seqspec.syntax.document import Document

_PACKAGES = ("keras", "tensorflow", "tf_keras")


def is_live_model(value: object) -> bool:
    """Whether a value is a `keras.Sequential`, of whichever package."""
    bases = [cls for cls in type(value).__mro__ if cls.__module__.partition(".")[0] in _PACKAGES]
    return any(cls.__name__ == "Sequential" for cls in bases) and callable(getattr(value, "to_json", None))


def live_document(model: Any) -> Document:
    """The document of a model, compiled or not; what it cannot hold is among its violations.

    Raises:
        TypeError: The model cannot be serialized, because a layer of it has no config.
    """
    import json

    from seqspec.diagnostics.violation import Violations
    from seqspec.importers.keras_json.model import import_model

    try:
        tree = json.loads(model.to_json())
    except NotImplementedError as error:
        raise TypeError(f"the model cannot be serialized: {error}") from error
    try:
        return Document(import_model(tree).tree)
    except Violations as several:
        document = Document(tree)
        document.readable = False
        document.violations += several.items
        return document
