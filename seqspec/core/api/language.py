"""The language before it is typed: keys, names, references, blocks, `extends` and overrides."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.language.arithmetic import ExpressionNode as ExpressionNode
    from seqspec.core.language.arithmetic import parse as parse
    from seqspec.core.language.expand import expand as expand
    from seqspec.core.language.expansion import Expansion as Expansion
    from seqspec.core.language.expansion_context import ExpansionAborted as ExpansionAborted
    from seqspec.core.language.expansion_context import ExpansionContext as ExpansionContext
    from seqspec.core.language.expansion_context import check_values as check_values
    from seqspec.core.language.extends import automatic_places as automatic_places
    from seqspec.core.language.extends import base_of as base_of
    from seqspec.core.language.extends import extended as extended
    from seqspec.core.language.extends import key_in as key_in
    from seqspec.core.language.extends import layer_path as layer_path
    from seqspec.core.language.extends import self_contained as self_contained
    from seqspec.core.language.keys import ALIASES as ALIASES
    from seqspec.core.language.keys import ELSEWHERE as ELSEWHERE
    from seqspec.core.language.keys import ENCODED_COLUMNS as ENCODED_COLUMNS
    from seqspec.core.language.keys import INNER_LAYER_KEYS as INNER_LAYER_KEYS
    from seqspec.core.language.keys import NESTED_LAYER_KEYS as NESTED_LAYER_KEYS
    from seqspec.core.language.keys import REPETITION_KEYS as REPETITION_KEYS
    from seqspec.core.language.keys import RESERVED_PARAMETERS as RESERVED_PARAMETERS
    from seqspec.core.language.keys import TAG_KEYS as TAG_KEYS
    from seqspec.core.language.keys import WITHOUT_REFERENCES as WITHOUT_REFERENCES
    from seqspec.core.language.keys import is_extension_key as is_extension_key
    from seqspec.core.language.keys import is_name as is_name
    from seqspec.core.language.keys import move_to as move_to
    from seqspec.core.language.keys import numbered as numbered
    from seqspec.core.language.keys import snake_case as snake_case
    from seqspec.core.language.numbers import read_fraction as read_fraction
    from seqspec.core.language.overrides import MEASURED as MEASURED
    from seqspec.core.language.overrides import SHARED_SPLIT as SHARED_SPLIT
    from seqspec.core.language.overrides import Override as Override
    from seqspec.core.language.shorthand import literal as literal
    from seqspec.core.language.shorthand import read_call as read_call
    from seqspec.core.language.shorthand import table_form as table_form
    from seqspec.core.language.shorthand import with_argument as with_argument
    from seqspec.core.language.symbols import CLASS_KIND as CLASS_KIND
    from seqspec.core.language.symbols import DeclaredSymbols as DeclaredSymbols
    from seqspec.core.language.symbols import LexicalScope as LexicalScope
    from seqspec.core.language.symbols import named_layers as named_layers
    from seqspec.core.language.symbols import repeats as repeats
    from seqspec.core.language.symbols import sections as sections
    from seqspec.core.language.symbols import walk as walk
    from seqspec.core.language.variables import ParsedText as ParsedText
    from seqspec.core.language.variables import Reference as Reference
    from seqspec.core.language.variables import entries as entries
    from seqspec.core.language.variables import escaped as escaped
    from seqspec.core.language.variables import is_variable_name as is_variable_name
    from seqspec.core.language.variables import names_in as names_in
    from seqspec.core.language.variables import read_text as read_text
else:
    __getattr__ = lazy_names(__name__)
