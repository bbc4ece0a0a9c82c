# The classes of `seqspec.optimizers`, for type checkers and editors. Written by scripts/generate.
# fmt: off
from seqspec.catalog.optimizers.adam import Adam as Adam
from seqspec.catalog.optimizers.adam import AdamW as AdamW
from seqspec.catalog.optimizers.adaptive import Adadelta as Adadelta
from seqspec.catalog.optimizers.adaptive import Adafactor as Adafactor
from seqspec.catalog.optimizers.adaptive import Adagrad as Adagrad
from seqspec.catalog.optimizers.adaptive import Adamax as Adamax
from seqspec.catalog.optimizers.adaptive import Ftrl as Ftrl
from seqspec.catalog.optimizers.adaptive import Lamb as Lamb
from seqspec.catalog.optimizers.adaptive import Lion as Lion
from seqspec.catalog.optimizers.adaptive import Nadam as Nadam
from seqspec.catalog.optimizers.adaptive import ScheduleFreeAdamW as ScheduleFreeAdamW
from seqspec.catalog.optimizers.descent import RMSprop as RMSprop
from seqspec.catalog.optimizers.descent import SGD as SGD
from seqspec.catalog.optimizers.muon import Muon as Muon
from seqspec.catalog.optimizers.wrapping import LossScaleOptimizer as LossScaleOptimizer
from seqspec.catalog.optimizers.wrapping import MultiOptimizer as MultiOptimizer
from seqspec.catalog.schedules.cosine import CosineDecay as CosineDecay
from seqspec.catalog.schedules.cosine import CosineDecayRestarts as CosineDecayRestarts
from seqspec.catalog.schedules.decay import ExponentialDecay as ExponentialDecay
from seqspec.catalog.schedules.decay import InverseTimeDecay as InverseTimeDecay
from seqspec.catalog.schedules.decay import PiecewiseConstantDecay as PiecewiseConstantDecay
from seqspec.catalog.schedules.decay import PolynomialDecay as PolynomialDecay
