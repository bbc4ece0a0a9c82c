"""Training that needs more memory than devices have.

What it does: Estimates the training memory for one batch: weights, gradients, optimizer state, and the activations that
each layer saves for the backward pass.

Why is this bad? If it does not fit on the device, training fails in the first step with an error about unnamed tensors,
or only runs with a much smaller batch size.

Example:
    seqspec = 1

    [model]
    input = [1024, 1024, 3]
    layers = [
      { type = "Rescaling", scale = "1/255" },
      { type = "Conv2D", filters = 64, kernel_size = 3, padding = "same", activation = "relu" },
      { type = "Conv2D", filters = 64, kernel_size = 3, padding = "same", activation = "relu" },
      "MaxPooling2D",
      { type = "Conv2D", filters = 128, kernel_size = 3, padding = "same", activation = "relu" },
      "GlobalAveragePooling2D",
      { type = "Dense", units = 10, activation = "softmax" },
    ]

    [compile]
    optimizer = "adam"
    loss = "sparse_categorical_crossentropy"

    [fit]
    epochs = 10
    batch_size = 128

    [data.validation]

Use instead:
    -batch_size = 128
    +batch_size = 8

Confidence: a warning above 80 GiB, more than almost any device has, info above 24 GiB. The estimate is a lower bound:
kernel workspaces are not included. Unknown sizes count as 1.

References:
    seqspec summary, which prints the sum of each kind
"""

from math import inf, prod

from seqspec.core.analysis.data.declared_data import BATCH_SIZE
from seqspec.core.analysis.memory import BYTES, gradient_bytes, optimizer_bytes, untrained_prefix, weight_bytes
from seqspec.core.linter.rules import Facts, Findings, LayerReport, Path, Sequence, Setting, finding, fmt, rule
from seqspec.core.shapes.tensor import TensorSpec

_GIB = 2**30
_HINTS, _WARNS = 24 * _GIB, 80 * _GIB


@rule("SEQ702", "warning", graphs="each", tables="fit")
def check(facts: Facts) -> Findings:
    stages = facts.fit
    batches = [stage.batch_size or BATCH_SIZE for stage in stages] or [BATCH_SIZE]
    batch = max(batches)
    sizes_kept = _kept(facts.layers)
    activations = batch * sum(sizes_kept)
    # Four values per weight: the weight, its gradient, and two optimizer slots.
    if activations + 16 * facts.stack.params < _HINTS:
        return
    held = weight_bytes(facts.layers) + gradient_bytes(facts.layers)
    if facts.has("compile"):
        held += optimizer_bytes(facts.layers, facts.compile.optimizer) or 0
    total = activations + held
    if total < _HINTS or not facts.has_full_stack:
        return
    of_weights = held > activations
    sizes = [weight_bytes([layer]) for layer in facts.layers] if of_weights else sizes_kept
    largest = max(sizes)
    where = facts.layers[sizes.index(largest)]
    share = (
        fmt("{:.1f} GiB of weights", _gib(largest)) if of_weights else fmt("{:.1f} GiB of it", _gib(largest * batch))
    )
    index = batches.index(batch)
    written: Path = (*facts.stage_path(index), "batch_size") if stages and stages[index].batch_size else ()
    fitting = (_HINTS - held) // max(activations // batch, 1)
    yield finding(
        fmt(
            "training with batch size {} needs at least {:.0f} GiB: {:.0f} for activations, {:.1f} for "
            "weights, gradients and optimizer state",
            batch,
            _gib(total),
            _gib(activations),
            _gib(held),
        ),
        path=written or ("fit",),
        anchor="value" if written else "key",
        severity="warning" if total >= _WARNS else "info",
        related=[(where.path, share)],
        help=fmt("with {} it needs less than 24 GiB", Setting("batch_size", 1 << max(fitting, 1).bit_length() - 1))
        if fitting >= 1
        else fmt("make {} smaller: it has {:,} parameters", where.name, where.params)
        if of_weights
        else "use smaller images, or downsample earlier",
    )


def _gib(count: int) -> float:
    try:
        return count / _GIB
    except OverflowError:
        return inf


def _kept(layers: Sequence[LayerReport]) -> list[int]:
    """Bytes that each layer saves per sample; unknown sizes count as 1."""
    prefix = untrained_prefix(layers)
    sizes = [
        _bytes(entry.output)
        if isinstance(entry.output, TensorSpec) and not entry.layer.has.saved_tensors
        else sum(map(_bytes, entry.kept))
        for entry in layers[prefix:]
    ]
    # Of the layers before the first trained one, only the last output is kept.
    before = [0] * prefix
    if prefix:
        before[-1] = sum(map(_bytes, layers[prefix - 1].outputs))
    return before + sizes


def _bytes(tensor: TensorSpec) -> int:
    sizes = tensor.dims[1:]
    count = prod(sizes)
    if not isinstance(count, int):
        count = prod([size for size in sizes if isinstance(size, int)])
    return count * BYTES.get(tensor.dtype, 0)
