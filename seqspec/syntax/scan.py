"""The path of a value in a document."""

from __future__ import annotations

from seqspec.diagnostics.violation import Path as Path
