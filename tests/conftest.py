"""Hypothesis profiles, and the option that writes golden outputs."""

import gc
import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase

_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    "database": DirectoryBasedExampleDatabase(Path(tempfile.gettempdir()) / "seqspec-hypothesis"),
}
settings.register_profile("dev", max_examples=60, **_COMMON)
# A failure is told as it was found: making it smaller may take longer than all other tests.
_FOUND = [Phase.explicit, Phase.generate]
settings.register_profile("ci", max_examples=100, derandomize=True, phases=_FOUND, **{**_COMMON, "database": None})
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser):
    parser.addoption("--write-golden", action="store_true", help="write the expected outputs of tests/cases anew")


def pytest_collection_finish(session):
    # Looking again and again through what Keras keeps as long as the tests run would be a tenth of their time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
