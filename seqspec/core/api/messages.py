"""Texts of messages: numbers, quoted values and names, columns of a terminal."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.diagnostics.message import PYTHON as PYTHON
    from seqspec.core.diagnostics.message import SHOWN as SHOWN
    from seqspec.core.diagnostics.message import TOML as TOML
    from seqspec.core.diagnostics.message import Message as Message
    from seqspec.core.diagnostics.message import Notation as Notation
    from seqspec.core.diagnostics.message import Number as Number
    from seqspec.core.diagnostics.message import Setting as Setting
    from seqspec.core.diagnostics.message import TableName as TableName
    from seqspec.core.diagnostics.message import common_message as common_message
    from seqspec.core.diagnostics.message import counted as counted
    from seqspec.core.diagnostics.message import fmt as fmt
    from seqspec.core.diagnostics.message import join as join
    from seqspec.core.diagnostics.message import quote_json as quote_json
    from seqspec.core.diagnostics.message import quote_value as quote_value
    from seqspec.core.diagnostics.message import quoted as quoted
    from seqspec.core.diagnostics.message import shorten as shorten
    from seqspec.core.diagnostics.message import shorten_list as shorten_list
    from seqspec.core.diagnostics.message import toml_key as toml_key
    from seqspec.core.diagnostics.suggest import nearest as nearest
    from seqspec.core.diagnostics.suggest import suggest as suggest
    from seqspec.core.output.base import CheckedDocument as CheckedDocument
    from seqspec.core.output.text import Lines as Lines
    from seqspec.core.output.text import columns as columns
    from seqspec.core.output.text import full as full
    from seqspec.core.output.text import visible as visible
else:
    __getattr__ = lazy_names(__name__)
