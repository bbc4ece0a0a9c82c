"""The tests of seqspec, in the folders of what they test; what several of them use is at the top."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The root of the checkout."""
CASES = ROOT / "tests" / "cases"
"""Golden documents, with the expected findings beside each."""
