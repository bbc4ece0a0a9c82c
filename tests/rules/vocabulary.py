"""Every word that a document may hold, gathered from the declarations: what a message may tell an author to write."""

import inspect
from functools import cache
from importlib import import_module

from seqspec.catalog import dtypes, kinds
from seqspec.catalog.arguments import Declaration
from seqspec.catalog.index import ALIASES, LAYERS, layer_class
from seqspec.catalog.objects import (
    ACTIVATION,
    CALLBACK,
    CONSTRAINT,
    INITIALIZER,
    LOSS,
    METRIC,
    OPTIMIZER,
    REGULARIZER,
    SCHEDULE,
)
from seqspec.language.tables import HOME, TOP

FAMILIES = (ACTIVATION, CALLBACK, CONSTRAINT, INITIALIZER, LOSS, METRIC, OPTIMIZER, REGULARIZER, SCHEDULE)
TABLES = ("target", "training", "data", "runtime", "outputs")
# Keys of the language itself, which no class declares: layer entries, the long form of an input, blocks, [custom].
LANGUAGE = {
    *("type", "use", "custom", "repeat", "for", "params", "input", "layers", "name", "kind", "argument"),
    *("shape", "dtype", "batch_size", "sparse", "import", "input_shape", "output_shape", "like", "args"),
    *("train", "validation", "test", "supports_masking"),
}


def declarations():
    for name in LAYERS:
        yield layer_class(name)
    for family in FAMILIES:
        for found in (*family.names().values(), *vars(family.module()).values()):
            if inspect.isclass(found) and issubclass(found, Declaration):
                yield found
    for table in TABLES:
        for found in vars(import_module(f"seqspec.document.{table}")).values():
            if inspect.isclass(found) and issubclass(found, Declaration):
                yield found


def choices(kind):
    """The words of a kind and of those inside it."""
    if isinstance(kind, kinds.Choice):
        yield from kind.values
    for value in vars(kind).values():
        for inner in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(inner, kinds.Kind):
                yield from choices(inner)


@cache
def known_keys():
    """Every key."""
    return {*TOP, *HOME, *LANGUAGE, *(key for found in declarations() for key in found.arguments)}


@cache
def known_values():
    """Every word that stands as a value, without those that authors choose themselves."""
    found = {*LAYERS, *ALIASES, *dtypes.DTYPES, "mixed_float16", "mixed_bfloat16", "none"}
    for family in FAMILIES:
        found |= set(family.names())
    # A callback takes any mode, and knows these.
    found |= {"auto", "min", "max"}
    found |= {"binary", "multiclass", "multilabel", "regression", "reconstruction"}
    # Arguments that take any text and know these words.
    found |= {"imagenet", "avg", "max", "bilinear", "horizontal", "vertical", "horizontal_and_vertical"}
    for declared in declarations():
        found.add(declared.__name__)
        found |= {word for argument in declared.arguments.values() for word in choices(argument.kind)}
    return found
