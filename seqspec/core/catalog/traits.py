"""Properties of classes: the role of a layer, its traits for rules, its composition, the tensors that it accepts.

Classes declare `role`, `composition` and `traits`, so that rules need no class names and work for plugins. What few
layers do otherwise than most is an object: `several_inputs`, `sparse_input`, `casting`, `variables`. A subclass that
declares one replaces that of its base class as a whole.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Literal, NamedTuple

from seqspec.core.shapes.tensor import TensorSpec

Role = Literal[
    "weights", "recurrent", "activation", "max_pool", "average_pool", "norm", "dropout", "noise", "embedding", "layout",
    "affine", "opaque",
]  # fmt: skip
"""The effect of a layer on the signal: a linear map up to its activation, a recurrence, an activation, pooling, a
normalization, dropout, noise, an embedding, other sizes but the same values (`layout`), values that are at most shifted
or scaled (`affine`), or something about which nothing is assumed (`opaque`)."""

SeveralTraced = Literal["each", "packed", "refused"]
"""How Keras runs a computation on several tensors: as it was inferred, packed into one tensor, or not at all."""


class SeveralInputs(NamedTuple):
    """How Keras handles several tensors as the input of a layer, such as the output and the states of an LSTM.

    Attributes:
        inferred: Whether Keras infers the output of each tensor, of all together (`compute_output_spec` then accepts a
            list), or refuses several tensors.
        traced: How it runs the layer.
        shapes: Whether `compute_output_shape` accepts a list of shapes: always, never, or where it is inferred for
            each.
        required: Whether it accepts nothing but a list of tensors.
    """

    inferred: Literal["each", "together", "refused"] = "refused"
    traced: SeveralTraced = "each"
    shapes: Literal["accepted", "inferred", "refused"] = "inferred"
    required: bool = False


class Composition(Enum):
    """How the output of a layer depends on the layers inside it."""

    OTHER = "other"
    """It has no layers inside, or their use is unknown."""
    MODEL = "model"
    """A nested model: the layers inside are applied in sequence."""
    PIPELINE = "pipeline"
    """The same in a layer that usually preprocesses."""
    APPLIED = "applied"
    """The first layer inside is applied to the input, or to each of its time steps."""
    JOINED = "joined"
    """Each layer inside is applied to the input, and their outputs are merged; the first one is representative."""
    CELLS = "cells"
    """The layers inside are cells, which compute single time steps."""


LAYER_TRAITS = {
    "acts_at_zero": "an augmentation that has an effect with a factor of 0",
    "augmentation": "changes images at random, in training only",
    "base_model": "a model of keras.applications",
    "channelwise": "a convolution of each channel separately, possibly with a mix of the channels after it",
    "convolution": "a convolution that slides over the input; transposed ones do not",
    "dense": "a matrix product over the last axis",
    "depthwise": "a convolution of each channel separately, which mixes none",
    "global_pooling": "pools over all positions",
    "ignores_rate_one": "drops nothing where its dropout rate is 1",
    "image": "takes images or batches of images",
    "inner_call_only": "runs only `call` of the layer inside, which neither casts its input nor penalizes its output",
    "integer_arithmetic": "computes on integers without converting them to floats, so that no gradient passes",
    "mask_user": "uses a mask that it receives",
    "mixes_labels": "an augmentation that blends images, and their labels too",
    "no_integers": "TensorFlow cannot compute it on integers",
    "normalization": "standardizes its input and then scales it by learned weights",
    "passes_values": "outputs only values of its input, or zeros, at inference",
    "pooling": "pools over windows, which downsamples",
    "quantizable": "`Model.quantize` changes its weights",
    "range_scaled": "an augmentation whose strength depends on `value_range`",
    "rearranging": "moves values between axes",
    "scaling": "shifts and scales by constants",
    "spreading": "can make positions or time steps of features",
    "tensorflow_only": "is implemented for the TensorFlow backend only",
    "token_index": "outputs indices of tokens or categories",
    "transposed_convolution": "a convolution that upsamples",
    "unbounded": "outputs values of any size, although it has no activation",
    "undefined_at_rate_one": "divides by 0 in training where its dropout rate is 1",
}
"""The traits that layers can have."""

ACTIVATION_TRAITS = {
    "distribution": "its values along an axis are nonnegative and sum to 1",
    "halving": "loses half of the variance of a centered input",
    "normalizing": "normalizes along an axis, as softmax does",
    "one_sided": "never negative, and may exceed 1",
    "probability": "each value is in [0, 1] by itself, as that of sigmoid",
    "rectifier": "zero for negative inputs and linear above",
    "saturating": "its slope approaches 0 on both sides",
    "unbounded": "has no upper bound",
}
"""The traits that activations can have."""

LOSS_TRAITS = {
    "binary": "a cross-entropy of independent probabilities",
    "broadcasts": "broadcasts labels and predictions, and reduces the last axis",
    "categorical": "a cross-entropy over classes, of one-hot labels",
    "cross_entropy": "interprets predictions as probabilities or logits",
    "equal_shapes": "expects labels and predictions of the same shape",
    "exclusive": "a cross-entropy over classes of which exactly one is right",
    "hinge": "expects labels -1 and 1",
    "overlap": "compares sums over whole axes, as Dice does",
    "rare_classes": "weights rare or hard samples higher",
    "regression": "a distance between numbers",
    "scale_sensitive": "a distance whose gradients grow with the scale of the labels",
    "sparse": "a cross-entropy over classes, of class indices",
}
"""The traits that losses can have."""

METRIC_TRAITS = {
    "accuracy": "the fraction of correct predictions",
    "any_axis": "computes along `axis`, which may be any axis of the predictions",
    "aligned": "adds or removes a last axis of size 1 where labels and predictions differ by it",
    "broadcasts": "broadcasts labels and predictions, and reduces the last axis",
    "confusion": "counts values above a threshold",
    "correlation": "a correlation along an axis",
    "distance": "a distance between numbers",
    "equal_shapes": "expects labels and predictions of the same shape",
    "f_score": "combines precision and recall per class",
    "last_axis": "computes along `axis`, which must be the last axis of the predictions",
    "one_hot": "expects one-hot labels, of which it computes the argmax",
    "operating_point": "one rate where another one has a given value",
    "overlap": "intersection over union",
    "unlabeled": "averages or sums what it gets, and takes no labels",
    "rare_classes": "shows how well rare classes are predicted",
}
"""The traits that metrics can have."""

OPTIMIZER_TRAITS = {
    "adaptive": "its updates have about the size of the learning rate, regardless of the gradient",
    "momentum": "plain gradient descent with an optional momentum",
    "two_moments": "keeps averages of the gradient and of its square",
}
"""The traits that optimizers can have."""


class SparseInput(NamedTuple):
    """The declaration of a layer.

    Attributes:
        computed: Whether any sparse tensor can be computed.
        ranks: The ranks of those that can be, batch included; empty for all.
        arguments: The values of arguments with which they can be; it depends on no other argument.
        traced: The sparse tensors that Keras can trace it for, where these are others.
    """

    computed: bool = True
    ranks: tuple[int, ...] = ()
    arguments: Mapping[str, tuple[object, ...]] = MappingProxyType({})
    traced: "SparseInput | None" = None

    def allows(self, arguments: Mapping[str, object], x: TensorSpec) -> bool:
        """Whether a layer with these arguments, given or Keras's defaults, can compute the sparse tensor `x`."""
        if not self.computed or (self.ranks and x.rank not in self.ranks):
            return False
        return all(arguments.get(name) in values for name, values in self.arguments.items())


NEVER = SparseInput(computed=False)
ALWAYS = SparseInput()


class Casting(NamedTuple):
    """How Keras converts the input of a layer before it calls it.

    Attributes:
        floats: Whether it casts floats to the compute dtype.
        others: Whether it casts the other dtypes too, when it runs the layer.
        returns_input: Whether `call` returns an input that needs no cast itself, which breaks the Keras graph.
        follows_policy: Whether the dtype policy of the model is the default.
    """

    floats: bool = True
    others: bool = False
    returns_input: bool = False
    follows_policy: bool = True


class Variables(NamedTuple):
    """How Keras keeps the variables of a layer.

    Attributes:
        attribute: The attribute of the Keras layer that has them, also in weights files; empty for the layer itself.
        hidden: Whether they are those of internal layers that documents cannot refer to.
        freeze: Whether `trainable = false` changes their flags, as an enclosing layer sees them. Keras surprise: on a
            layer that only contains others it does not.
        adapted: The argument that the layer must learn from data with `adapt` if it is not given.
    """

    attribute: str = ""
    hidden: bool = False
    freeze: bool = True
    adapted: str | None = None


class Capabilities(NamedTuple):
    """What a layer has, which its class need not declare.

    Attributes:
        sublayers: Whether it contains layers.
        weights: Whether it creates variables of its own.
        macs: Whether it computes matrix products or convolutions.
        saved_tensors: Whether training keeps other tensors for the backward pass than its outputs.
        initializers: The arguments that are initializers of its variables.
        activation: The name of its activation function by default; None without one.
    """

    sublayers: bool = False
    weights: bool = False
    macs: bool = False
    saved_tensors: bool = False
    initializers: frozenset[str] = frozenset()
    activation: str | None = None
