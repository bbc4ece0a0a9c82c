"""The formats of `[export]` as parameters of tests, each with what its runtime needs."""

import pytest

from seqspec.core.catalog.export_formats import FORMATS
from tests.requirements import NEEDS, runtimes_of


def needs_of(name):
    """What must be installed to write and run a format; TF.js has no package of Python."""
    packages = runtimes_of(name) or ([name, "node"] if name in NEEDS else [])
    return pytest.mark.needs(*packages) if packages else ()


EACH = [pytest.param(name, marks=needs_of(name)) for name in FORMATS]
