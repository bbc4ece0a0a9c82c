"""What files of Keras 1 do not state, and their names of arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seqspec.core.api.catalog import legacy
from seqspec.saved_models.layer_classes import is_recurrent_convolution, slides_kernel
from seqspec.saved_models.nodes import SavedLayer, all_leaves
from seqspec.saved_models.saved_model import Array, ConversionNotes, NamedArrays, WriterVersions
from seqspec.saved_models.weight_roles import Role


def with_backend(generation: WriterVersions, theano: bool) -> WriterVersions:
    """The generation with Theano as its backend, if `theano` and the file does not state another one."""
    return replace(generation, backend="theano") if theano and generation.backend is None else generation


def note_backend(generation: WriterVersions, nodes: Sequence[SavedLayer], theano: bool, notes: ConversionNotes) -> None:
    """Adds a note if Keras 1 convolutions depend on the backend, which the file does not state."""
    if generation.keras > 1 or theano:
        return
    if any(
        "kernel" in leaf.arrays and max(leaf.arrays["kernel"].shape[:2], default=0) > 1
        for leaf in all_leaves(nodes)
        if slides_kernel(leaf.kind) or is_recurrent_convolution(leaf.kind)
    ):
        notes.add(
            "the file does not state its backend, and TensorFlow is assumed: if the model was trained with Theano, "
            "pass --theano"
        )


def match_names(slots: Sequence[tuple[SavedLayer, Role]], arrays: NamedArrays) -> list[Array] | None:
    """The arrays by the names of Keras 1, of a layer and a role joined by a line, if they are exactly those needed."""
    known = {name.partition(":")[0]: array for name, array in arrays}
    keys = [f"{node.name}_{legacy.WEIGHTS_OF_KERAS_1.get(role.name, role.name)}" for node, role in slots]
    if len(known) < len(arrays) or set(keys) != set(known):
        # Models in which two layers have the same name, or with a layer that was renamed.
        return None
    return [known[key] for key in keys]
