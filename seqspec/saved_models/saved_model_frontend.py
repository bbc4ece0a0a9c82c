"""The front end of saved models: their architecture, without the weights."""

from __future__ import annotations

import os
from typing import Any

from seqspec.core.api.compiler import with_base_models
from seqspec.core.api.diagnostics import Violation, Violations
from seqspec.core.api.files import Limits
from seqspec.core.api.frontends import Frontend, SourceModels, import_model
from seqspec.core.api.syntax import Document, unreadable_document
from seqspec.saved_models.file import read_saved
from seqspec.saved_models.nodes import read_nodes, stack_of
from seqspec.saved_models.saved_model import WITHOUT_MODULES, SavedModelError


class SavedModelDocument(Document):
    """The spec of a saved model."""

    # Keras builds a model without an input when it is called on data.
    undetermined = frozenset({"input"})


class SavedModelFrontend(Frontend):
    """Reads saved models to check them; specs to build or train are written by `seqspec import`."""

    def read(self, source: str | os.PathLike[str], limits: Limits) -> SourceModels[Any]:
        """The model of a file."""
        return SourceModels([_document(os.fsdecode(source), limits)])


SAVED_MODELS = SavedModelFrontend()


def _document(file: str, limits: Limits) -> Document:
    """The document of a saved model; parts that a spec cannot declare are among its violations."""
    try:
        saved = read_saved(file, weights=False, limits=limits)
        if saved.config is None:
            return unreadable_document(file, "the file has weights, but no architecture")
        config = saved.config
        if saved.generation.keras >= 3:
            config = with_base_models(config, saved.container in WITHOUT_MODULES)
        else:
            from seqspec.saved_models.version_fixes.apply_fixes import require_supported

            for node in read_nodes(stack_of(config)[0]):
                require_supported(node, saved.generation)
        return SavedModelDocument(import_model(config, limits).tree, file=file)
    except SavedModelError as error:
        return unreadable_document(file, error.message, error.help)
    except OSError as error:
        return unreadable_document(file, f"the file cannot be read: {error.strerror or error}")
    except Violations as several:
        document = Document({}, file=file)
        document.readable = False
        document.violations += several.items
        return document
    except Violation as violation:
        return unreadable_document(file, violation.message)
