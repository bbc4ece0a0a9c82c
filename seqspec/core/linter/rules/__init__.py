"""The built-in rules, one module per rule, in one package per area; this module exports what most rules import.

A rule is a module whose docstring documents it, with a function `check` that `rule` decorates. What else it needs is in
`seqspec.core.analysis`, which finds facts about a spec, and in `seqspec.core.catalog`, which knows Keras.
"""

from collections.abc import Sequence as Sequence

from seqspec.core.analysis.facts import Facts as Facts
from seqspec.core.analysis.layer_report import LayerReport as LayerReport
from seqspec.core.catalog.keras_object import given_argument as given_argument
from seqspec.core.catalog.keras_object import given_arguments as given_arguments
from seqspec.core.diagnostics.diagnostic import TreeFix as TreeFix
from seqspec.core.diagnostics.diagnostic import fix_setting as fix_setting
from seqspec.core.diagnostics.diagnostic import insert as insert
from seqspec.core.diagnostics.diagnostic import remove as remove
from seqspec.core.diagnostics.diagnostic import set_value as set_value
from seqspec.core.diagnostics.message import Declared as Declared
from seqspec.core.diagnostics.message import InputShape as InputShape
from seqspec.core.diagnostics.message import Message as Message
from seqspec.core.diagnostics.message import Number as Number
from seqspec.core.diagnostics.message import Setting as Setting
from seqspec.core.diagnostics.message import SpecOrProgram as SpecOrProgram
from seqspec.core.diagnostics.message import TableName as TableName
from seqspec.core.diagnostics.message import Value as Value
from seqspec.core.diagnostics.message import Verbatim as Verbatim
from seqspec.core.diagnostics.message import counted as counted
from seqspec.core.diagnostics.message import fmt as fmt
from seqspec.core.diagnostics.message import join as join
from seqspec.core.diagnostics.suggest import Suggestion as Suggestion
from seqspec.core.diagnostics.suggest import SuggestionTemplate as SuggestionTemplate
from seqspec.core.diagnostics.suggest import nearest as nearest
from seqspec.core.diagnostics.violation import Path as Path
from seqspec.core.diagnostics.violation import Violation as Violation
from seqspec.core.linter.rule import Findings as Findings
from seqspec.core.linter.rule import Requires as Requires
from seqspec.core.linter.rule import at_argument as at_argument
from seqspec.core.linter.rule import at_layer as at_layer
from seqspec.core.linter.rule import finding as finding
from seqspec.core.linter.rule import rule as rule
from seqspec.core.shapes.tensor import Interval as Interval
from seqspec.core.shapes.tensor import Shape as Shape
from seqspec.core.shapes.tensor import all_known as all_known
from seqspec.core.shapes.tensor import show as show
