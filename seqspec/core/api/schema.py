"""JSON Schemas and descriptions of tables and arguments."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.document.json_schema import is_available as is_available
    from seqspec.core.schema import spec_schema as spec_schema
    from seqspec.core.schema import tables as tables
    from seqspec.core.schema.class_schemas import is_tag as is_tag
    from seqspec.core.schema.descriptions import describe_argument as describe_argument
    from seqspec.core.schema.descriptions import describe_class as describe_class
    from seqspec.core.schema.descriptions import json_default as json_default
    from seqspec.core.schema.descriptions import summary as summary
    from seqspec.core.schema.generation import Task as Task
    from seqspec.core.schema.generation import generation_schema as generation_schema
    from seqspec.core.schema.layer_schemas import layers_without_arguments as layers_without_arguments
    from seqspec.core.schema.object_schemas import family as family
    from seqspec.core.schema.value_schema import OPENINGS as OPENINGS
    from seqspec.core.schema.value_schema import ValueSchema as ValueSchema
    from seqspec.core.schema.value_schema import schema_of_kind as schema_of_kind
else:
    __getattr__ = lazy_names(__name__)
