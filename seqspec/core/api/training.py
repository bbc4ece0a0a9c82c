"""What a check knows of training: logs, losses, the first step, paths, formats of `[export]`."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.analysis.data.declared_data import BATCH_SIZE as BATCH_SIZE
    from seqspec.core.analysis.exporting import export_limits as export_limits
    from seqspec.core.analysis.exporting import limit_help as limit_help
    from seqspec.core.analysis.exporting import limit_text as limit_text
    from seqspec.core.analysis.files import ExternalPath as ExternalPath
    from seqspec.core.analysis.files import is_address as is_address
    from seqspec.core.analysis.layers.quantizing import quantization_error as quantization_error
    from seqspec.core.analysis.secrets import is_key as is_key
    from seqspec.core.analysis.training.loss_compatibility import find_objective_for as find_objective_for
    from seqspec.core.analysis.training.losses_and_metrics import loss_step as loss_step
    from seqspec.core.analysis.training.objective import TrainingLoss as TrainingLoss
    from seqspec.core.analysis.training.objective import find_objective as find_objective
    from seqspec.core.analysis.training.stages import LOSS as LOSS
    from seqspec.core.analysis.training.stages import VALIDATION as VALIDATION
    from seqspec.core.analysis.training.stages import logs_of as logs_of
    from seqspec.core.analysis.training.untrainable import split_series as split_series
    from seqspec.core.catalog.export_formats import EXPORT_FORMATS as EXPORT_FORMATS
    from seqspec.core.catalog.export_formats import FORMATS as FORMATS
    from seqspec.core.catalog.export_formats import formats_with_columns as formats_with_columns
else:
    __getattr__ = lazy_names(__name__)
