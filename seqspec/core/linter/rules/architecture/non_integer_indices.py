"""Embedding or CategoryEncoding whose input is not integer indices.

What it does: Detects an `Embedding` or a `CategoryEncoding` after layers that compute floating-point values.

Why is this bad? An embedding looks up rows of a table by index. Keras silently truncates floats to integers: values
between 0 and 1 all become row 0, and negative values are invalid. CategoryEncoding fails on the first negative value.

Example:
    seqspec = 1

    [model]
    input = [20]
    layers = [
      { type = "Dense", units = 16, activation = "relu" },
      { type = "Embedding", input_dim = 100, output_dim = 8 },
      "Flatten",
      { type = "Dense", units = 1, activation = "sigmoid" },
    ]

    [compile]
    loss = "binary_crossentropy"

Use instead:
    -input = [20]
    +input = { shape = [20], dtype = "int32" }
     layers = [
    -  { type = "Dense", units = 16, activation = "relu" },
       { type = "Embedding", input_dim = 100, output_dim = 8 },
       "Flatten",
    +  { type = "Dense", units = 16, activation = "relu" },

Confidence: certain after layers that compute, which also receive no gradient. An input of dtype float32 alone is not
reported, since it is the default, and Keras casts integers correctly. The range declared in `[data]` is checked by
embedding-index-out-of-range.

References:
    keras.layers.Embedding, keras.layers.CategoryEncoding
"""

from seqspec.core.linter.rules import (
    Facts,
    Findings,
    LayerReport,
    TreeFix,
    at_layer,
    finding,
    fmt,
    given_argument,
    rule,
    set_value,
)

_INDEXED = frozenset({"CategoryEncoding", "Embedding"})
_COMPUTES = frozenset({"weights", "recurrent", "activation", "norm", "average_pool", "noise", "embedding"})


@rule("SEQ426", "error", explains="fails-on-first-batch", graphs="path", layers=("CategoryEncoding", "Embedding"))
def check(facts: Facts) -> Findings:
    before = None
    for step in facts.stack.flow:
        entry = step.entry
        if entry.type in _INDEXED and before is not None and entry.input.dtype[:3] not in ("int", "uin"):
            yield finding(
                fmt("expects integer indices, but receives {} from {}", entry.input, before.entry.type),
                **at_layer(entry),
                label="expects integers",
                related=[(before.entry.path, "outputs floats")],
                help=fmt("move the {} to the start of the model, with indices as input", entry.type),
                fix=_dense(entry) if facts.graph is None else None,
            )
        if step.kind in _COMPUTES or "scaling" in entry.traits:
            before = step
        elif step.kind == "opaque":
            return


def _dense(entry: LayerReport) -> TreeFix | None:
    """The layer for floats in place of an Embedding: a product with a vector for each of them."""
    size = given_argument(entry.layer, "output_dim")
    if not isinstance(size, int):
        return None
    return TreeFix("use Dense, which takes floats", (set_value(entry.path, {"type": "Dense", "units": size}),))
