"""How something else becomes a document: front ends, and the JSON of Keras."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.frontends.frontend import Frontend as Frontend
    from seqspec.core.frontends.frontend import KerasTarget as KerasTarget
    from seqspec.core.frontends.frontend import Source as Source
    from seqspec.core.frontends.frontend import SourceModels as SourceModels
    from seqspec.core.frontends.keras_json.chain import INSTEAD_OF_LAMBDA as INSTEAD_OF_LAMBDA
    from seqspec.core.frontends.keras_json.chain import LAMBDA as LAMBDA
    from seqspec.core.frontends.keras_json.chain import as_sequential as as_sequential
    from seqspec.core.frontends.keras_json.object_reader import parts_of as parts_of
    from seqspec.core.frontends.keras_json.sequential_model import ImportedModel as ImportedModel
    from seqspec.core.frontends.keras_json.sequential_model import import_model as import_model
    from seqspec.core.frontends.keras_json.wrapped_values import INPUT as INPUT
    from seqspec.core.frontends.keras_json.wrapped_values import class_of as class_of
    from seqspec.core.frontends.keras_json.wrapped_values import has_many_layers as has_many_layers
    from seqspec.core.frontends.keras_json.wrapped_values import quantized as quantized
    from seqspec.core.frontends.registry import entry_of as entry_of
    from seqspec.core.frontends.registry import has_markers as has_markers
    from seqspec.core.frontends.registry import kind_of as kind_of
    from seqspec.core.frontends.registry import parse as parse
    from seqspec.core.frontends.registry import split_model as split_model
else:
    __getattr__ = lazy_names(__name__)
