# The classes of `seqspec.optimizers`, for type checkers and editors. Written by scripts/generate.
# fmt: off
from seqspec.core.catalog.optimizers.adam import Adam as Adam
from seqspec.core.catalog.optimizers.adam import AdamW as AdamW
from seqspec.core.catalog.optimizers.adaptive import Adadelta as Adadelta
from seqspec.core.catalog.optimizers.adaptive import Adafactor as Adafactor
from seqspec.core.catalog.optimizers.adaptive import Adagrad as Adagrad
from seqspec.core.catalog.optimizers.adaptive import Adamax as Adamax
from seqspec.core.catalog.optimizers.adaptive import Ftrl as Ftrl
from seqspec.core.catalog.optimizers.adaptive import Lamb as Lamb
from seqspec.core.catalog.optimizers.adaptive import Lion as Lion
from seqspec.core.catalog.optimizers.adaptive import Nadam as Nadam
from seqspec.core.catalog.optimizers.adaptive import ScheduleFreeAdamW as ScheduleFreeAdamW
from seqspec.core.catalog.optimizers.descent import RMSprop as RMSprop
from seqspec.core.catalog.optimizers.descent import SGD as SGD
from seqspec.core.catalog.optimizers.muon import Muon as Muon
from seqspec.core.catalog.optimizers.nested_optimizers import LossScaleOptimizer as LossScaleOptimizer
from seqspec.core.catalog.optimizers.nested_optimizers import MultiOptimizer as MultiOptimizer
from seqspec.core.catalog.schedules.cosine import CosineDecay as CosineDecay
from seqspec.core.catalog.schedules.cosine import CosineDecayRestarts as CosineDecayRestarts
from seqspec.core.catalog.schedules.decay import ExponentialDecay as ExponentialDecay
from seqspec.core.catalog.schedules.decay import InverseTimeDecay as InverseTimeDecay
from seqspec.core.catalog.schedules.decay import PiecewiseConstantDecay as PiecewiseConstantDecay
from seqspec.core.catalog.schedules.decay import PolynomialDecay as PolynomialDecay
