"""seqspec: Keras Sequential models written as data, checked in milliseconds, built by Keras."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from seqspec.analysis.layer_report import LayerReport as LayerReport
    from seqspec.analysis.load import load as load
    from seqspec.analysis.report import Report as Report
    from seqspec.catalog.layer import Layer as Layer
    from seqspec.codegen.write import to_python as to_python
    from seqspec.compiler.build import build as build
    from seqspec.compiler.errors import BuildError as BuildError
    from seqspec.diagnostics.diagnostic import Diagnostic as Diagnostic
    from seqspec.diagnostics.diagnostic import Span as Span
    from seqspec.diagnostics.errors import SpecError as SpecError
    from seqspec.diagram.plot import Plot as Plot
    from seqspec.diagram.plot import plot as plot
    from seqspec.document.data import Data as Data
    from seqspec.document.model import Input as Input
    from seqspec.document.model import Model as Model
    from seqspec.document.runtime import Runtime as Runtime
    from seqspec.document.spec import Spec as Spec
    from seqspec.document.target import Binary as Binary
    from seqspec.document.target import Multiclass as Multiclass
    from seqspec.document.target import Multilabel as Multilabel
    from seqspec.document.target import Reconstruction as Reconstruction
    from seqspec.document.target import Regression as Regression
    from seqspec.document.training import Compile as Compile
    from seqspec.document.training import Fit as Fit
    from seqspec.linter.check import check as check
    from seqspec.linter.fix import fix as fix
    from seqspec.linter.parallel import CheckError as CheckError
    from seqspec.linter.parallel import check_many as check_many
    from seqspec.shapes.tensor import TensorSpec as TensorSpec
    from seqspec.shapes.tensor import WeightSpec as WeightSpec
    from seqspec.syntax.limits import Limits as Limits
    from seqspec.training.api import resume as resume
    from seqspec.training.api import train as train
    from seqspec.training.errors import DataError as DataError
    from seqspec.training.errors import RunError as RunError
    from seqspec.training.errors import TrainingError as TrainingError
    from seqspec.training.run import Run as Run
    from seqspec.training.run import load_run as load_run

_HOMES = {
    "check": "linter.check",
    "fix": "linter.fix",
    "check_many": "linter.parallel",
    "CheckError": "linter.parallel",
    "load": "analysis.load",
    "build": "compiler.build",
    "to_python": "codegen.write",
    "plot": "diagram.plot",
    "Plot": "diagram.plot",
    "Spec": "document.spec",
    "Model": "document.model",
    "Report": "analysis.report",
    "Compile": "document.training",
    "Fit": "document.training",
    "Data": "document.data",
    "Runtime": "document.runtime",
    "Binary": "document.target",
    "Multiclass": "document.target",
    "Multilabel": "document.target",
    "Regression": "document.target",
    "Reconstruction": "document.target",
    "Input": "document.model",
    "Layer": "catalog.layer",
    "LayerReport": "analysis.layer_report",
    "Diagnostic": "diagnostics.diagnostic",
    "Span": "diagnostics.diagnostic",
    "TensorSpec": "shapes.tensor",
    "WeightSpec": "shapes.tensor",
    "Limits": "syntax.limits",
    "SpecError": "diagnostics.errors",
    "BuildError": "compiler.errors",
    "train": "training.api",
    "resume": "training.api",
    "load_run": "training.run",
    "Run": "training.run",
    "RunError": "training.errors",
    "DataError": "training.errors",
    "TrainingError": "training.errors",
}

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
    "Reconstruction",
    "Regression",
    "Report",
    "Run",
    "RunError",
    "Runtime",
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
    "load",
    "load_run",
    "plot",
    "resume",
    "to_python",
    "train",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"seqspec.{name}")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'seqspec' has no attribute {name!r}")
    value = getattr(import_module(f"seqspec.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
