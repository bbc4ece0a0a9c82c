"""The functions of `keras.activations`.

Keras saves an activation function by its name and nothing else. So a function takes arguments here only where Keras
has a layer for it (`relu`, `leaky_relu`, `elu`, `softmax`): `"relu(max_value=6)"` becomes the layer `ReLU`, which Keras
saves with its arguments and accepts as an activation. These layers may be named themselves: `{ type = "LeakyReLU" }`.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from seqspec.core.catalog.objects import ClassIndex, NameIndex

if TYPE_CHECKING:
    from seqspec.core.catalog.activations.base import ActivationFunction

FUNCTIONS = ClassIndex(
    __name__,
    {
        "common": "relu sigmoid softmax tanh linear",
        "rectified": (
            "leaky_relu elu relu6 celu selu softplus squareplus sparse_plus threshold "
            "soft_shrink tanh_shrink hard_shrink"
        ),
        "gated": "silu gelu glu hard_silu mish",
        "squashing": ("softsign sparse_sigmoid exponential hard_sigmoid hard_tanh log_softmax log_sigmoid sparsemax"),
    },
)
"""The functions by their names in `keras.activations`."""

NAMES = NameIndex(FUNCTIONS, {name: name for name in FUNCTIONS} | {"swish": "silu", "hard_swish": "hard_silu"})
"""All names that `keras.activations.get` accepts."""

TYPED = ClassIndex("seqspec.core.catalog.layers", {"activation": "ReLU LeakyReLU ELU Softmax"})
"""The layers that may stand for an activation: those without weights."""


def function_class(name: str | None) -> "type[ActivationFunction] | None":
    """The class of a Keras function; None for a custom activation and for None."""
    return cast("type[ActivationFunction] | None", FUNCTIONS.get(name)) if name is not None else None


@lru_cache(maxsize=256)
def function_traits(name: str | None) -> frozenset[str]:
    """The traits of a function: see `catalog.traits.ACTIVATION_TRAITS`."""
    return FUNCTIONS.traits(name)
