"""The text of documents: syntax trees, positions, edits and comments."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.syntax.detection import DOCUMENT_ENDINGS as DOCUMENT_ENDINGS
    from seqspec.core.syntax.detection import has_key as has_key
    from seqspec.core.syntax.directives import DIRECTIVE_MARKER as DIRECTIVE_MARKER
    from seqspec.core.syntax.directives import KEY as KEY
    from seqspec.core.syntax.directives import directives as directives
    from seqspec.core.syntax.directives import may_suppress as may_suppress
    from seqspec.core.syntax.document import Document as Document
    from seqspec.core.syntax.document import Tree as Tree
    from seqspec.core.syntax.document_edits import apply_edits as apply_edits
    from seqspec.core.syntax.document_edits import editor_of as editor_of
    from seqspec.core.syntax.document_edits import edits_of as edits_of
    from seqspec.core.syntax.document_edits import replacement as replacement
    from seqspec.core.syntax.edit.pieces import RawLiteral as RawLiteral
    from seqspec.core.syntax.edit.pieces import Style as Style
    from seqspec.core.syntax.edit.pieces import TextEdit as TextEdit
    from seqspec.core.syntax.edit.pieces import applied as applied
    from seqspec.core.syntax.edit.pieces import line_end as line_end
    from seqspec.core.syntax.edit.text_edit import JsonEditor as JsonEditor
    from seqspec.core.syntax.edit.text_edit import TomlEditor as TomlEditor
    from seqspec.core.syntax.edit.text_edit import new_line as new_line
    from seqspec.core.syntax.edit.trees import MISSING as MISSING
    from seqspec.core.syntax.edit.trees import CannotEdit as CannotEdit
    from seqspec.core.syntax.edit.trees import at_path as at_path
    from seqspec.core.syntax.edit.trees import changed as changed
    from seqspec.core.syntax.edit.trees import is_single as is_single
    from seqspec.core.syntax.formatter.nodes import equal_trees as equal_trees
    from seqspec.core.syntax.source import empty_document as empty_document
    from seqspec.core.syntax.source import parse_text as parse_text
    from seqspec.core.syntax.source import read_source as read_source
    from seqspec.core.syntax.source import unreadable_document as unreadable_document
    from seqspec.core.syntax.syntax import Syntax as Syntax
    from seqspec.core.syntax.tree import NodeKind as NodeKind
    from seqspec.core.syntax.tree import Offsets as Offsets
    from seqspec.core.syntax.tree import Range as Range
    from seqspec.core.syntax.tree import Statement as Statement
    from seqspec.core.syntax.tree import SyntaxNode as SyntaxNode
    from seqspec.core.syntax.tree import SyntaxTree as SyntaxTree
else:
    __getattr__ = lazy_names(__name__)
