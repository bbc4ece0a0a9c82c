"""Documents with types: the spec, its tables other than those of data and search, and its canonical text."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.document.base_table import Table as Table
    from seqspec.core.document.canonical import CanonicalText as CanonicalText
    from seqspec.core.document.canonical import Unformattable as Unformattable
    from seqspec.core.document.canonical import canonical_text as canonical_text
    from seqspec.core.document.canonical import format_document as format_document
    from seqspec.core.document.model_table import read_model as read_model
    from seqspec.core.document.outputs import DEFAULT_LEVEL as DEFAULT_LEVEL
    from seqspec.core.document.outputs import INT8 as INT8
    from seqspec.core.document.outputs import EvaluationReport as EvaluationReport
    from seqspec.core.document.outputs import Export as Export
    from seqspec.core.document.outputs import Quantize as Quantize
    from seqspec.core.document.outputs import Save as Save
    from seqspec.core.document.outputs import Threshold as Threshold
    from seqspec.core.document.tables import DOCUMENT_TABLES as DOCUMENT_TABLES
    from seqspec.core.document.tables import LIST_TABLES as LIST_TABLES
    from seqspec.core.document.tables import OPTIONAL_TABLES as OPTIONAL_TABLES
    from seqspec.core.document.tables import declaration as declaration
    from seqspec.core.document.training_tables import DATA_ARGUMENTS as DATA_ARGUMENTS
    from seqspec.core.document.training_tables import STAGE_KEYS as STAGE_KEYS
    from seqspec.core.document.training_tables import Compile as Compile
    from seqspec.core.document.training_tables import Fit as Fit
    from seqspec.core.document.typed_spec import TypedSpec as TypedSpec
    from seqspec.core.document.typed_spec import read_spec as read_spec
    from seqspec.core.spec import Spec as Spec
else:
    __getattr__ = lazy_names(__name__)
