"""Keras's layers and objects as classes of the catalog: their arguments, families and former names."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.catalog import legacy as legacy
    from seqspec.core.catalog.field_kind import kind_of_field as kind_of_field
    from seqspec.core.catalog.index import APPLICATIONS as APPLICATIONS
    from seqspec.core.catalog.index import LAYERS as LAYERS
    from seqspec.core.catalog.index import MERGING_LAYERS as MERGING_LAYERS
    from seqspec.core.catalog.index import layer_class as layer_class
    from seqspec.core.catalog.index import plugin_layers as plugin_layers
    from seqspec.core.catalog.keras_object import KerasObject as KerasObject
    from seqspec.core.catalog.keras_object import given_arguments as given_arguments
    from seqspec.core.catalog.layer import InferenceContext as InferenceContext
    from seqspec.core.catalog.layer import Layer as Layer
    from seqspec.core.catalog.layer import Outputs as Outputs
    from seqspec.core.catalog.layer_inference import cast_input as cast_input
    from seqspec.core.catalog.layer_inference import own_weights_with_trainable as own_weights_with_trainable
    from seqspec.core.catalog.layers.convolutional import Convolution as Convolution
    from seqspec.core.catalog.layers.merging import Concatenate as Concatenate
    from seqspec.core.catalog.layers.pooling import Pooling as Pooling
    from seqspec.core.catalog.markers import all_marks as all_marks
    from seqspec.core.catalog.markers import field_type as field_type
    from seqspec.core.catalog.metrics import CLASSES as CLASSES
    from seqspec.core.catalog.objects import ACTIVATION as ACTIVATION
    from seqspec.core.catalog.objects import CALLBACK as CALLBACK
    from seqspec.core.catalog.objects import FAMILIES as FAMILIES
    from seqspec.core.catalog.objects import INITIALIZER as INITIALIZER
    from seqspec.core.catalog.objects import LOSS as LOSS
    from seqspec.core.catalog.objects import METRIC as METRIC
    from seqspec.core.catalog.objects import CustomUse as CustomUse
    from seqspec.core.catalog.objects import Family as Family
    from seqspec.core.catalog.objects import Named as Named
    from seqspec.core.catalog.optimizers.base import Optimizer as Optimizer
    from seqspec.core.catalog.plugins import Plugin as Plugin
    from seqspec.core.catalog.plugins import plugins as plugins
    from seqspec.core.catalog.reading import LayerType as LayerType
    from seqspec.core.catalog.reading import read_layer as read_layer
    from seqspec.core.catalog.traits import LAYER_TRAITS as LAYER_TRAITS
    from seqspec.core.catalog.traits import Composition as Composition
    from seqspec.core.catalog.types import PerAxis as PerAxis
    from seqspec.core.catalog.unsupported import REFUSED as REFUSED
    from seqspec.core.catalog.validation import CALL_ARGUMENTS as CALL_ARGUMENTS
    from seqspec.core.catalog.validation import accepts as accepts
else:
    __getattr__ = lazy_names(__name__)
