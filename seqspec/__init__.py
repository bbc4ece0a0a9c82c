"""seqspec: Keras Sequential models written as data, checked in milliseconds, built by Keras."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqspec.core.lazy import lazy_names

__version__ = "0.1.0"

if TYPE_CHECKING:
    from seqspec.core.analysis.layer_report import LayerReport as LayerReport
    from seqspec.core.analysis.report import Report as Report
    from seqspec.core.catalog.layer import Layer as Layer
    from seqspec.core.check.check import check as check
    from seqspec.core.check.fix import fix as fix
    from seqspec.core.check.parallel import CheckError as CheckError
    from seqspec.core.check.parallel import check_many as check_many
    from seqspec.core.codegen.write import to_python as to_python
    from seqspec.core.compiler.build import build as build
    from seqspec.core.diagnostics.diagnostic import Diagnostic as Diagnostic
    from seqspec.core.diagnostics.diagnostic import Span as Span
    from seqspec.core.diagnostics.errors import BuildError as BuildError
    from seqspec.core.diagnostics.errors import SpecError as SpecError
    from seqspec.core.diagram.plot import Plot as Plot
    from seqspec.core.diagram.plot import plot as plot
    from seqspec.core.document.data import Data as Data
    from seqspec.core.document.model_table import Input as Input
    from seqspec.core.document.model_table import Model as Model
    from seqspec.core.document.runtime import Runtime as Runtime
    from seqspec.core.document.target import Binary as Binary
    from seqspec.core.document.target import Multiclass as Multiclass
    from seqspec.core.document.target import Multilabel as Multilabel
    from seqspec.core.document.target import Reconstruction as Reconstruction
    from seqspec.core.document.target import Regression as Regression
    from seqspec.core.document.training_tables import Compile as Compile
    from seqspec.core.document.training_tables import Fit as Fit
    from seqspec.core.load import load as load
    from seqspec.core.schema.generation import generation_schema as generation_schema
    from seqspec.core.shapes.tensor import TensorSpec as TensorSpec
    from seqspec.core.shapes.tensor import WeightSpec as WeightSpec
    from seqspec.core.spec import Spec as Spec
    from seqspec.core.syntax.limits import Limits as Limits
    from seqspec.training.commands.progress import Progress as Progress
    from seqspec.training.errors import DataError as DataError
    from seqspec.training.errors import RunError as RunError
    from seqspec.training.errors import TrainingError as TrainingError
    from seqspec.training.execution.api import resume as resume
    from seqspec.training.execution.api import train as train
    from seqspec.training.run import Run as Run
    from seqspec.training.run import load_run as load_run
    from seqspec.training.search.api import resume_search as resume_search
    from seqspec.training.search.api import search as search
    from seqspec.training.search.results import SearchResult as SearchResult
    from seqspec.training.search.results import load_search as load_search

_MODULES = ("callbacks", "layers", "losses", "metrics", "optimizers", "plugins")

__all__ = [
    "Binary",
    "BuildError",
    "CheckError",
    "Compile",
    "Data",
    "DataError",
    "Diagnostic",
    "Fit",
    "Input",
    "Layer",
    "LayerReport",
    "Limits",
    "Model",
    "Multiclass",
    "Multilabel",
    "Plot",
    "Progress",
    "Reconstruction",
    "Regression",
    "Report",
    "Run",
    "RunError",
    "Runtime",
    "SearchResult",
    "Span",
    "Spec",
    "SpecError",
    "TensorSpec",
    "TrainingError",
    "WeightSpec",
    "__version__",
    "build",
    "check",
    "check_many",
    "fix",
    "generation_schema",
    "load",
    "load_run",
    "load_search",
    "plot",
    "resume",
    "resume_search",
    "search",
    "to_python",
    "train",
]


_exported = lazy_names(__name__)


def __getattr__(name: str) -> Any:
    return import_module(f"seqspec.{name}") if name in _MODULES else _exported(name)


def __dir__() -> list[str]:
    return __all__
