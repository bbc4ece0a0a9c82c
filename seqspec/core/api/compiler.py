"""What is made of a spec: the Keras model, the Keras program, the diagram."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.codegen.write import NoProgram as NoProgram
    from seqspec.core.codegen.write import program as program
    from seqspec.core.compiler.base_models import with_base_models as with_base_models
    from seqspec.core.compiler.build import build_analyzed as build_analyzed
    from seqspec.core.compiler.build import require_all as require_all
    from seqspec.core.compiler.keras_model import build_model as build_model
    from seqspec.core.compiler.keras_model import compile_model as compile_model
    from seqspec.core.compiler.keras_model import fit_arguments as fit_arguments
    from seqspec.core.compiler.keras_model import fresh_names as fresh_names
    from seqspec.core.compiler.keras_model import save_model as save_model
    from seqspec.core.compiler.keras_objects import Loader as Loader
    from seqspec.core.compiler.keras_objects import loader as loader
    from seqspec.core.compiler.keras_objects import make as make
    from seqspec.core.compiler.quiet_backend import discard_stderr as discard_stderr
    from seqspec.core.compiler.quiet_backend import import_keras as import_keras
    from seqspec.core.compiler.quiet_backend import without_logs as without_logs
    from seqspec.core.compiler.quiet_backend import without_retracing_warnings as without_retracing_warnings
    from seqspec.core.diagram.describe import diagram as diagram
    from seqspec.core.diagram.description import Diagram as Diagram
    from seqspec.core.diagram.description import HeadRow as HeadRow
    from seqspec.core.diagram.description import plain as plain
    from seqspec.core.diagram.plot import plot_of as plot_of
else:
    __getattr__ = lazy_names(__name__)
