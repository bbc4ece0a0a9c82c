"""The measured matrix, which `scripts/export-matrix` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MATRIX = Path(__file__).with_name("matrix.json")


def matrix() -> dict[str, Any]:
    """By row and format what each try gave: "yes", or "no" with the operations that are missing."""
    found: dict[str, Any] = json.loads(MATRIX.read_text(encoding="utf-8"))
    return found
