# The classes of `seqspec.callbacks`, for type checkers and editors. Written by scripts/generate.
# fmt: off
from seqspec.catalog.callbacks import BackupAndRestore as BackupAndRestore
from seqspec.catalog.callbacks import CSVLogger as CSVLogger
from seqspec.catalog.callbacks import EarlyStopping as EarlyStopping
from seqspec.catalog.callbacks import ModelCheckpoint as ModelCheckpoint
from seqspec.catalog.callbacks import OrbaxCheckpoint as OrbaxCheckpoint
from seqspec.catalog.callbacks import ReduceLROnPlateau as ReduceLROnPlateau
from seqspec.catalog.callbacks import RemoteMonitor as RemoteMonitor
from seqspec.catalog.callbacks import SwapEMAWeights as SwapEMAWeights
from seqspec.catalog.callbacks import TensorBoard as TensorBoard
from seqspec.catalog.callbacks import TerminateOnNaN as TerminateOnNaN
