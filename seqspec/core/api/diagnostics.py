"""Violations, diagnostics, their codes and fixes, and the exceptions of seqspec."""

from typing import TYPE_CHECKING

from seqspec.core.lazy import lazy_names

if TYPE_CHECKING:
    from seqspec.core.diagnostics.codes import CODES as CODES
    from seqspec.core.diagnostics.codes import ESSENTIAL as ESSENTIAL
    from seqspec.core.diagnostics.codes import REQUIRES as REQUIRES
    from seqspec.core.diagnostics.codes import family as family
    from seqspec.core.diagnostics.convert import at_source as at_source
    from seqspec.core.diagnostics.convert import to_diagnostic as to_diagnostic
    from seqspec.core.diagnostics.coverage import LEVELS as LEVELS
    from seqspec.core.diagnostics.coverage import Coverage as Coverage
    from seqspec.core.diagnostics.coverage import Kind as Kind
    from seqspec.core.diagnostics.coverage import Level as Level
    from seqspec.core.diagnostics.coverage import ModelCoverage as ModelCoverage
    from seqspec.core.diagnostics.coverage import Reason as Reason
    from seqspec.core.diagnostics.coverage import Topology as Topology
    from seqspec.core.diagnostics.diagnostic import SEVERITIES as SEVERITIES
    from seqspec.core.diagnostics.diagnostic import Diagnostic as Diagnostic
    from seqspec.core.diagnostics.diagnostic import Edit as Edit
    from seqspec.core.diagnostics.diagnostic import Fix as Fix
    from seqspec.core.diagnostics.diagnostic import Related as Related
    from seqspec.core.diagnostics.diagnostic import Span as Span
    from seqspec.core.diagnostics.diagnostic import TreeEdit as TreeEdit
    from seqspec.core.diagnostics.diagnostic import TreeFix as TreeFix
    from seqspec.core.diagnostics.diagnostic import fix_setting as fix_setting
    from seqspec.core.diagnostics.diagnostic import insert as insert
    from seqspec.core.diagnostics.diagnostic import remove as remove
    from seqspec.core.diagnostics.diagnostic import rename as rename
    from seqspec.core.diagnostics.diagnostic import set_value as set_value
    from seqspec.core.diagnostics.errors import BuildError as BuildError
    from seqspec.core.diagnostics.errors import Diagnostics as Diagnostics
    from seqspec.core.diagnostics.errors import DownloadError as DownloadError
    from seqspec.core.diagnostics.errors import MissingPackageError as MissingPackageError
    from seqspec.core.diagnostics.errors import SpecError as SpecError
    from seqspec.core.diagnostics.errors import install_command as install_command
    from seqspec.core.diagnostics.violation import UNSET as UNSET
    from seqspec.core.diagnostics.violation import Path as Path
    from seqspec.core.diagnostics.violation import SourceLocation as SourceLocation
    from seqspec.core.diagnostics.violation import Violation as Violation
    from seqspec.core.diagnostics.violation import Violations as Violations
    from seqspec.core.diagnostics.violation import pointer as pointer
    from seqspec.core.diagnostics.violation import value_at as value_at
else:
    __getattr__ = lazy_names(__name__)
