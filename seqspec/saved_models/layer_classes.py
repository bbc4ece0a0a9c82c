"""Properties of the classes of layers in files.

They are the properties of the class of the catalogue that replaces it; only differences of older versions are declared
here.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from seqspec.core.api.catalog import Composition, Layer, layer_class, legacy
from seqspec.core.api.language import snake_case


class Gates(NamedTuple):
    """The gates of a recurrent class.

    Attributes:
        order: The gates in the order in which Keras 2 and later versions store them in one array.
        keras_1: The gates in the order in which Keras 1 creates an array for each.
        candidate: The one that applies `activation`; the others apply `recurrent_activation`.
        activates_state: Whether `activation` is also applied to a state, not only to a product with weights.
    """

    order: str
    keras_1: str
    candidate: str
    activates_state: bool


_LSTM = Gates("ifco", "icfo", "c", True)
_GRU = Gates("zrh", "zrh", "h", False)
_GATES = {
    **dict.fromkeys(("LSTM", "LSTMCell", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), _LSTM),
    **dict.fromkeys(("GRU", "GRUCell"), _GRU),
}
"""The gates by the class of Keras 3."""

_ATTRIBUTES = ("layers", "cells", "cell", "layer")
"""The attributes of Keras objects with the layers inside, which are also arguments."""


@cache
def successor(kind: str) -> type[Layer] | None:
    """The class of Keras 3 that replaces the class of a file; None if there is none."""
    return layer_class(legacy.CLASSES.get(kind, (kind, {}))[0])


def modern_name(kind: str) -> str:
    """The name of the class of Keras 3, or the name in the file without a successor."""
    known_class = successor(kind)
    return kind if known_class is None else known_class.__name__


def _has(kind: str, *traits: str) -> bool:
    known_class = successor(kind)
    return known_class is not None and not known_class.traits.isdisjoint(traits)


def _role(kind: str) -> str | None:
    known_class = successor(kind)
    return None if known_class is None else known_class.role


def is_convolution(kind: str) -> bool:
    """Whether a class is a convolution with one kernel for all channels, also a transposed one."""
    return _has(kind, "convolution", "transposed_convolution") and not _has(kind, "channelwise")


def is_transposed(kind: str) -> bool:
    return _has(kind, "transposed_convolution")


def is_depthwise(kind: str) -> bool:
    return _has(kind, "depthwise")


def is_separable(kind: str) -> bool:
    return _has(kind, "channelwise") and not _has(kind, "depthwise")


def is_dense(kind: str) -> bool:
    """Whether a class multiplies the last axis of its input with a kernel of that many rows."""
    return _has(kind, "dense") and has_argument(kind, "units")


def slides_kernel(kind: str) -> bool:
    """Whether a class is a convolution of any sort that is not recurrent."""
    return is_convolution(kind) or _has(kind, "channelwise")


def is_recurrent_convolution(kind: str) -> bool:
    return _role(kind) == "recurrent" and rank_of(kind) > 0


def is_global_pooling(kind: str) -> bool:
    return _has(kind, "global_pooling")


def is_pooling(kind: str) -> bool:
    return _has(kind, "pooling", "global_pooling")


def is_maximum(kind: str) -> bool:
    """Whether a pooling layer takes the maximum, not the average."""
    return _role(kind) == "max_pool"


def is_embedding(kind: str) -> bool:
    return _role(kind) == "embedding"


def is_flatten(kind: str) -> bool:
    return _has(kind, "rearranging") and has_argument(kind, "data_format")


def applies_activation(kind: str) -> bool:
    """Whether a class only applies the activation that an argument names."""
    return _role(kind) == "activation" and has_argument(kind, "activation")


def is_softmax(kind: str) -> bool:
    """Whether a class only applies a softmax along the axis that an argument names."""
    return _role(kind) == "activation" and has_argument(kind, "axis")


def crops_in_training_only(kind: str) -> bool:
    """Whether a class crops images to a size in training, but not at inference."""
    known_class = successor(kind)
    return (
        known_class is not None
        and "height" in known_class.model_fields
        and known_class.inference_output is not Layer.inference_output
    )


def is_elementwise(kind: str) -> bool:
    """Whether a class computes at inference each output from the input at its position, by the same function."""
    others = ("activation", "axis", "mask_value", "shared_axes")
    if rank_of(kind) or any(has_argument(kind, name) for name in others):
        return False
    return _role(kind) in ("activation", "affine", "dropout", "noise")


def acts_in_training_only(kind: str) -> bool:
    """Whether a class is dropout or noise, which return their input at inference."""
    return _role(kind) in ("dropout", "noise")


def ignores_masked_steps(kind: str) -> bool:
    """Whether a layer does not use the values of masked steps."""
    return _has(kind, "mask_user")


def masks_values(kind: str) -> bool:
    """Whether a layer masks the steps in which all values are `mask_value`."""
    known_class = successor(kind)
    return known_class is not None and "mask_value" in known_class.model_fields and known_class.mask is not Layer.mask


def is_lookup(kind: str) -> bool:
    """Whether a layer has a vocabulary."""
    return adapted_argument(kind) == "vocabulary"


def splits_text(kind: str) -> bool:
    """Whether a layer with a vocabulary splits texts first, and contains another layer that looks the words up."""
    return is_lookup(kind) and has_argument(kind, "split")


def has_integer_keys(kind: str) -> bool:
    """Whether the vocabulary of a layer consists of integers."""
    return is_lookup(kind) and has_argument(kind, "vocabulary_dtype")


def adapted_argument(kind: str) -> str | None:
    """The argument that a layer can learn from data with `adapt`."""
    known_class = successor(kind)
    return None if known_class is None else known_class.variables.adapted


def has_argument(kind: str, name: str) -> bool:
    known_class = successor(kind)
    return known_class is not None and name in known_class.model_fields


def rank_of(kind: str) -> int:
    """The number of spatial axes of a class that fixes it, otherwise 0."""
    known_class = successor(kind)
    return 0 if known_class is None else known_class.rank


def is_batch_normalization(kind: str) -> bool:
    return _has(kind, "normalization") and has_argument(kind, "momentum")


def gates_of(kind: str) -> Gates | None:
    """The gates of a recurrent layer or cell."""
    return _GATES.get(modern_name(kind))


def state_count(kind: str) -> int:
    """The number of states of a cell."""
    return int(getattr(successor(kind), "states", 1))


def composition_of(kind: str) -> Composition:
    """How the output of a class depends on the layers inside it."""
    known_class = successor(kind)
    return Composition.OTHER if known_class is None else known_class.composition


def holds_cells(kind: str) -> bool:
    """Whether the layers inside a class are cells."""
    return composition_of(kind) is Composition.CELLS


def is_stack(kind: str) -> bool:
    """Whether a class applies the layers inside it in sequence."""
    return composition_of(kind) in (Composition.MODEL, Composition.PIPELINE)


def is_joined(kind: str) -> bool:
    """Whether a class applies a layer forwards and another one backwards, as a Bidirectional does."""
    return composition_of(kind) is Composition.JOINED


def attribute_of(kind: str) -> str:
    """The attribute of the Keras object that leads to the layers inside, as in weights files."""
    return next((name for name in _ATTRIBUTES if has_argument(kind, name)), "layer")


def keeps_built_rank(kind: str) -> bool:
    """Whether the rank of the output depends on the input for which a layer was built, as for a Normalization."""
    return adapted_argument(kind) == "mean"


def repeats_over_time(kind: str) -> bool:
    """Whether a class applies the layer inside it to each time step, as a TimeDistributed does."""
    return composition_of(kind) is Composition.APPLIED and not adds_weights(kind)


def adds_weights(kind: str) -> bool:
    """Whether a wrapper has weights of its own besides the weights of the layer inside it."""
    known_class = successor(kind)
    if known_class is None or known_class.composition is not Composition.APPLIED:
        return False
    return known_class.stored_weights is not Layer.stored_weights


def is_base_model(kind: str) -> bool:
    """Whether a class is a model of `keras.applications`, whose weights are those of the layers inside."""
    return _has(kind, "base_model")


def group_of(kind: str) -> str:
    """The name of the group of a layer in a weights file of Keras 3: the snake case of its class."""
    return snake_case("Functional" if is_base_model(kind) else kind)
