"""Random stacks of layers from the catalog: mostly valid, some with an invalid argument or shape.

Everything is drawn from a `random.Random`, so that a script can replay a seed and Hypothesis can shrink a find
(`st.randoms(use_true_random=False)`).
"""

from __future__ import annotations

from importlib.util import find_spec
from random import Random
from typing import Any

from hypothesis import strategies as st

from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.layer import InferenceContext
from seqspec.core.catalog.layer_inference import output_spec
from seqspec.core.catalog.markers import Since, marker
from seqspec.core.catalog.reading import read_layer
from seqspec.core.catalog.validation import accepts
from seqspec.core.diagnostics.violation import UNSET, Violation
from seqspec.core.shapes.tensor import BATCH, Dim, TensorSpec
from tests.fields import Accepted, accepted
from tests.introspection import KERAS, is_available

_SKIPPED = {"name", "weights", "autocast", "vocabulary", "idf_weights"}
_SKIPPED |= {"quantization_config", "gptq_unpacked_column_size"}
_DTYPES = ("int32", "int32", "int64", "uint8", "float16", "float64", "bfloat16", "string", "bool")
_CELLS = ("LSTMCell", "GRUCell", "SimpleRNNCell")
_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_RARE = {"EinsumDense", "ReversibleEmbedding", "Pipeline", "StackedRNNCells", *_CELLS}
_MERGING = "layers.merging"
_APPLICATIONS = {name for name, module in LAYERS.items() if module.startswith("applications.")}
_ENVIRONMENT = InferenceContext(keras=(KERAS[0], KERAS[1]))


def layer_types() -> list[str]:
    """The layers that stacks are grown from, those of the installed Keras; base models have tests of their own."""
    return [
        name
        for name, module in LAYERS.items()
        if name not in _APPLICATIONS
        and module != _MERGING
        and find_spec(f"seqspec.core.catalog.{module}") is not None
        and is_available(layer_class(name).since)
    ]


TYPES = layer_types()
MERGES = [name for name, module in LAYERS.items() if module == _MERGING]


def random_model(rng: Random, longest: int = 7, illegal: float = 0.1) -> dict[str, Any]:
    """A `model` table whose layers, but perhaps the last one, are accepted one after another."""
    given = random_input(rng)
    x: Any = tensor_of(given)
    layers: list[Any] = []
    for _ in range(rng.randint(1, longest)):
        grown = _grow(rng, x, illegal)
        if grown is None:
            break
        entry, x = grown
        layers.append(entry)
        if not isinstance(x, TensorSpec) or rng.random() < 0.03:
            # Now and then something follows several tensors, or a layer that was refused.
            if rng.random() < 0.3:
                layers.append(random_entry(rng, rng.choice((*TYPES, *MERGES)), None, illegal))
            break
    return {"input": given, "layers": layers or ["Identity"]}


def _grow(rng: Random, x: TensorSpec, illegal: float) -> tuple[Any, Any] | None:
    entry: Any = None
    for _ in range(15):
        name = rng.choice(TYPES)
        if name in _RARE and rng.random() < 0.6:
            continue
        entry = random_entry(rng, name, x, illegal)
        violations: list[Violation] = []
        layer = read_layer(entry, violations)
        if violations or layer is None:
            if rng.random() < 0.1:
                return entry, None
            continue
        try:
            return entry, output_spec(layer, x, _ENVIRONMENT)
        except Violation:
            if rng.random() < 0.12:
                return entry, None
    return (entry, None) if entry is not None else None


def random_input(rng: Random) -> Any:
    """A value of `model.input`: flat, sequence, image, volume, text; sizes small, some unknown."""
    rank = rng.choice((0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4))
    if rank == 3 and rng.random() < 0.6:
        edge = rng.choice((4, 7, 8, 12, 16, 28))
        shape: list[Any] = [edge, rng.choice((edge, 5)), rng.choice((1, 3, 3, 4))]
    else:
        shape = [rng.choice((1, 2, 3, 4, 6, 8, 10, 16)) for _ in range(rank)]
    for axis in range(rank):
        if rng.random() < (0.15 if axis < rank - 1 else 0.05):
            shape[axis] = rng.choice(("T", "U", "?"))
    if rng.random() < 0.02 and rank:
        shape[rng.randrange(rank)] = 0
    if rng.random() < 0.7:
        return shape
    given: dict[str, Any] = {"shape": shape}
    if rng.random() < 0.7:
        given["dtype"] = rng.choice(_DTYPES)
    if rng.random() < 0.4:
        given["batch_size"] = rng.choice((1, 2, 4))
    return given


def tensor_of(given: Any) -> TensorSpec:
    """The tensor that an input stands for."""
    table = given if isinstance(given, dict) else {"shape": given}
    dims = tuple(size if isinstance(size, int) else Dim(size) for size in table["shape"])
    return TensorSpec((table.get("batch_size", BATCH), *dims), table.get("dtype", "float32"))


def random_entry(rng: Random, name: str, x: TensorSpec | None, illegal: float, depth: int = 0) -> Any:
    """A layer entry with random arguments, chosen with what arrives in view where that matters."""
    declared = layer_class(name)
    assert declared is not None
    entry: dict[str, Any] = {"type": name}
    for argument_name, field in declared.model_fields.items():
        required = field.is_required()
        since = marker(field.metadata, Since)
        if argument_name in _SKIPPED or not is_available(since and since.version):
            continue
        if not required and rng.random() > _likelihood(argument_name):
            continue
        value = random_value(rng, argument_name, accepted(declared, argument_name), x, illegal, depth, name)
        if value is not UNSET:
            entry[argument_name] = value
    return name if len(entry) == 1 and rng.random() < 0.5 else entry


def _likelihood(name: str) -> float:
    if name.endswith(("_initializer", "_regularizer", "_constraint")) or name in ("dtype", "trainable", "seed"):
        return 0.05
    return 0.3


def random_value(
    rng: Random, name: str, argument: Accepted, x: TensorSpec | None, illegal: float, depth: int, owner: str
) -> Any:
    """A value for an argument, `NOTHING` where none can be made up."""
    special = _special(rng, name, x, owner)
    if special is not UNSET:
        return special
    return sample(rng, argument, name, illegal, depth, owner)


def _special(rng: Random, name: str, x: TensorSpec | None, owner: str) -> Any:
    sizes = [size for size in x.sample if isinstance(size, int)] if x is not None else []
    if name == "target_shape" and rng.random() < 0.8:
        return _reshape_target(rng, sizes)
    if name == "dims" and x is not None and rng.random() < 0.85:
        order = list(range(1, x.rank))
        rng.shuffle(order)
        return order
    if name in ("axis", "shared_axes", "axes"):
        axis = rng.choice((-1, -1, 1, 1, 2, 3, -2, 0, 4))
        return [axis, rng.choice((1, 2, -1))] if rng.random() < 0.2 else axis
    if name == "groups" and rng.random() < 0.7:
        return rng.choice((1, 1, 2, 3))
    if name == "noise_shape" and x is not None:
        return [rng.choice(("none", 1, size if isinstance(size, int) else 1)) for size in x.dims]
    if owner == "EinsumDense" and name == "equation":
        return rng.choice(("ab,bc->ac", "abc,cd->abd", "...x,xy->...y", "abc,cde->abde", "ab,b->ab", "abcd,de->abce"))
    if owner == "EinsumDense" and name == "output_shape":
        return rng.choice((4, [4], ["none", 4], [3, 4], [5, 2, 4]))
    if owner == "EinsumDense" and name == "bias_axes":
        return rng.choice(("none", "c", "y", "d", "bc"))
    if name in ("mean", "variance", "output_padding", "value_range", "all_ops"):
        return UNSET
    return UNSET


def _reshape_target(rng: Random, sizes: list[int]) -> list[int]:
    total = 1
    for size in sizes:
        total *= size
    target: list[int] = []
    for _ in range(rng.randint(0, 2)):
        divisors = [n for n in (1, 2, 3, 4, 7, 8) if total and total % n == 0]
        if not divisors:
            break
        target.append(rng.choice(divisors))
        total //= target[-1]
    target.append(rng.choice((total, total, -1)))
    rng.shuffle(target)
    return target


def sample(rng: Random, kind: Accepted, name: str, illegal: float, depth: int, owner: str) -> Any:
    """A value of a type; with the probability `illegal` a number that its bounds exclude."""
    wrong = rng.random() < illegal
    if kind.optional:
        return "none" if rng.random() < 0.1 else sample(rng, Accepted(kind.plain), name, illegal, depth, owner)
    match kind.what:
        case "integer":
            if wrong:
                return rng.choice((0, -1, -3))
            small = kind.minimum is not None and kind.minimum > -100
            low = kind.minimum if small else rng.choice((-2, 0, 1, 1))
            high = low + (40 if name in ("input_dim", "num_tokens", "num_bins") else 5)
            return rng.randint(low, high if kind.maximum is None else min(high, kind.maximum))
        case "number":
            if wrong:
                return rng.choice((-1.0, -0.5, 1.5, 0, 1))
            numbers = (0, 0.1, 0.25, 0.5, 0.9, 1, 1.0, 2.0)
            return rng.choice([number for number in numbers if accepts(kind.annotation, number)] or [1])
        case "boolean":
            return rng.random() < 0.5
        case "choice":
            return rng.choice(kind.values)
        case "per-axis":
            small = [rng.choice((1, 1, 2, 2, 3, 4)) for _ in range(kind.mark.rank)]
            if wrong:
                small[0] = rng.choice((0, -1))
            return rng.choice((small[0], small))
        case "list":
            count = rng.randint(kind.least, max(kind.least, kind.most if kind.most is not None else kind.least + 2))
            return [sample(rng, Accepted(kind.item), name, illegal, depth, owner) for _ in range(count)]
        case "union":
            return sample(rng, Accepted(rng.choice(kind.members)), name, illegal, depth, owner)
        case "policy":
            return rng.choice(("float32", "float16", "mixed_float16", "float64", "bfloat16", "mixed_bfloat16", "int32"))
        case "dtype":
            return rng.choice(("float32", "int64", "int32", "float16"))
        case "object":
            return rng.choice([key for key, found in kind.mark.names().items() if not found.required()])
        case "layer":
            return _inner(rng, name, illegal, depth, owner)
    return UNSET


def _inner(rng: Random, name: str, illegal: float, depth: int, owner: str) -> Any:
    if depth >= 2:
        return "Identity"
    if name in ("cell", "cells"):
        return random_entry(rng, rng.choice(_CELLS), None, illegal, depth + 1)
    if owner == "Bidirectional" and rng.random() < 0.9:
        available = [n for n in _RECURRENT if n in TYPES]
        return random_entry(rng, rng.choice(available), None, illegal, depth + 1)
    return random_entry(rng, rng.choice(TYPES), None, illegal, depth + 1)


def models(longest: int = 5, illegal: float = 0.1) -> st.SearchStrategy[dict[str, Any]]:
    """Random `model` tables for Hypothesis."""
    return st.randoms(use_true_random=False).map(lambda rng: random_model(rng, longest, illegal))
