"""All names that a spec may contain, from the declarations, for tests of suggestions."""

import inspect
from functools import cache
from importlib import import_module

from seqspec.core.catalog import dtypes
from seqspec.core.catalog.field_kind import kind_of_field
from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.objects import FAMILIES
from seqspec.core.catalog.optimizers.nested_optimizers import OptimizerMap
from seqspec.core.language.keys import ALIASES, TOP_LEVEL

TABLES = ("target", "training_tables", "data", "runtime", "outputs")
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
        for name in (*family.names(), *family.typed()):
            found = family.class_named(name)
            if found is not None:
                yield found
    yield OptimizerMap
    for table in TABLES:
        for found in vars(import_module(f"seqspec.core.document.{table}")).values():
            if inspect.isclass(found) and issubclass(found, KerasObject):
                yield found


@cache
def known_keys():
    """Every key."""
    return {*TOP_LEVEL, *LANGUAGE, *(key for found in declarations() for key in found.model_fields)}


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
        found |= {str(word) for field in declared.model_fields.values() for word in kind_of_field(field).words()}
    return found
