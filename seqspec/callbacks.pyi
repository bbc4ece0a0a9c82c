# The classes of `seqspec.callbacks`, for type checkers and editors. Written by scripts/generate.
# fmt: off
from seqspec.core.catalog.callbacks import BackupAndRestore as BackupAndRestore
from seqspec.core.catalog.callbacks import CSVLogger as CSVLogger
from seqspec.core.catalog.callbacks import EarlyStopping as EarlyStopping
from seqspec.core.catalog.callbacks import ModelCheckpoint as ModelCheckpoint
from seqspec.core.catalog.callbacks import OrbaxCheckpoint as OrbaxCheckpoint
from seqspec.core.catalog.callbacks import ReduceLROnPlateau as ReduceLROnPlateau
from seqspec.core.catalog.callbacks import RemoteMonitor as RemoteMonitor
from seqspec.core.catalog.callbacks import SwapEMAWeights as SwapEMAWeights
from seqspec.core.catalog.callbacks import TensorBoard as TensorBoard
from seqspec.core.catalog.callbacks import TerminateOnNaN as TerminateOnNaN
