"""Hypothesis profiles, equal beginnings of all tests, the option that writes golden outputs, slow and skipped tests."""

import ctypes
import functools
import gc
import os
import random
import re
import shutil
import sys
import tempfile
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.internal.conjecture import providers

from tests import nightly, requirements

pytest_plugins = ["pytester"]
SLOW = (
    "cli/test_build.py", "core/differential", "editor/clients", "editor/playground", "integration",
    "training/test_distributed_page.py", "training/test_loggers.py", "training/test_programs.py",
    "training/search/test_extended_documents.py", "training/search/test_search_report.py",
    "training/search/test_searches_commands.py", "training/test_hosts.py", "training/fitting/test_resume.py",
    "training/fitting/test_stages.py", "training/test_train.py",
)  # fmt: skip
"""Tests whose files import Keras or Optuna, or drive other programs, marked as slow; others mark themselves."""
_SLOW = tuple(Path(__file__).parent / name for name in SLOW)
_INTERACTIVE = tuple(
    Path(__file__).parent / name
    for name in ("editor/clients", "editor/playground", "integration/test_accessibility.py", "integration/test_site.py")
)
"""Tests of browsers and editors, which on a busy machine may miss a key: a failure counts the second time."""
_INTEGRATION = tuple(Path(__file__).parent / name for name in ("editor/clients", "integration"))

_COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    "database": DirectoryBasedExampleDatabase(Path(tempfile.gettempdir()) / "seqspec-hypothesis"),
}
settings.register_profile("dev", max_examples=60, **_COMMON)
# A failure is told as it was found: making it smaller may take longer than all other tests.
_FOUND = [Phase.explicit, Phase.generate]
settings.register_profile("ci", max_examples=100, derandomize=True, phases=_FOUND, **{**_COMMON, "database": None})
_PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "dev")
settings.load_profile(_PROFILE)
if _PROFILE == "ci":
    # Hypothesis also draws the constants of all loaded modules, which are others after each change of the code, and in
    # each process, as they depend on the tests that ran there before. There is no public setting for it.
    providers._get_local_constants = lambda: providers._local_constants


def pytest_addoption(parser):
    parser.addoption("--write-golden", action="store_true", help="write the expected outputs of tests/cases anew")
    parser.addoption(
        "--nightly",
        choices=("all", "changed", "none"),
        default="all",
        help="of the nightly tests, all, those of changed files, or none",
    )


def pytest_report_header(config):
    return nightly.describe(config)


def pytest_collection_finish(session):
    # Looking again and again through what Keras keeps as long as the tests run would be a tenth of their time.
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class _GarbageCollection:
    """Frees the models of Keras, which are cycles, whenever the process has grown by `STEP` bytes."""

    STEP = 256 << 20
    MEMORY = Path("/proc/self/statm")

    def __init__(self):
        self.before = 0

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self):
        if self.MEMORY.exists() and self.resident() > self.before + self.STEP:
            if "keras.src.models" in sys.modules:
                import keras

                keras.utils.clear_session(free_memory=False)
            gc.collect()
            # What thousands of tests have left alive takes seconds to look through, at each collection.
            gc.freeze()
            if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
                trim(0)
            self.before = self.resident()

    def resident(self):
        return int(self.MEMORY.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def exhaustive(request):
    """Whether a test includes what it leaves out of `.ci/run` unless the last commits changed its area."""
    return nightly.includes(request.config, request.node)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    requirements.require(*requirements.of_test(item))
    _begin_anew()


def _begin_anew():
    """Random numbers and the numbers in the names of Keras begin anew, so that no test depends on those before it."""
    random.seed(0)
    if "numpy" in sys.modules:
        import numpy as np

        np.random.seed(0)
    if "keras.src.models" in sys.modules:
        import keras
        from keras.src.utils.naming import reset_uids

        keras.utils.set_random_seed(0)
        reset_uids()


class _KerasFinder(MetaPathFinder):
    """A test that is the first to import Keras, which draws random numbers, begins as those after it do."""

    def find_spec(self, name, path, target=None):
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None:
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                _begin_anew()

            spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _KerasFinder())


@functools.cache
def _among(path, places):
    return any(place == path or place in path.parents for place in places)


@functools.cache
def _may_have_slow_tests(path):
    return (
        _among(path, _SLOW)
        or re.search(r"\bslow\b|nightly|sampled\(|needs\(", path.read_text(encoding="utf-8")) is not None
    )


def _share_compiled_programs(config):
    """Processes of JAX that tests start read what others have compiled; those of a run share one folder."""
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="seqspec-jax-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(lambda: os.environ.pop("JAX_COMPILATION_CACHE_DIR", None))
        os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"


def pytest_configure(config):
    config.pluginmanager.register(_GarbageCollection())
    _share_compiled_programs(config)
    gone = [name for name, path in zip(SLOW, _SLOW, strict=True) if not path.exists()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py names slow tests that do not exist: {', '.join(gone)}")


def pytest_ignore_collect(collection_path, config):
    # Modules of other tests are not even imported: importing Keras takes longer than most test files, and all of them
    # take as long as a hundred tests.
    if config.option.markexpr == "not slow":
        return True if _among(collection_path, _SLOW) else None
    if config.option.markexpr == "slow" and collection_path.match("test_*.py"):
        return None if _may_have_slow_tests(collection_path) else True
    return None


def pytest_collection_modifyitems(config, items):
    for item in items:
        if (
            _among(item.path, _SLOW)
            or nightly.is_nightly(item)
            or requirements.beyond_test_environment(requirements.of_test(item))
        ):
            item.add_marker(pytest.mark.slow)
        if _among(item.path, _INTERACTIVE):
            item.add_marker(pytest.mark.flaky(reruns=1))
        if _among(item.path, _INTEGRATION):
            item.add_marker(pytest.mark.integration)
        if item.get_closest_marker("slow") and not _may_have_slow_tests(item.path):
            raise pytest.UsageError(f"{item.nodeid}: the file of a slow test says so, or `-m slow` leaves it out")
    left_out = {item for item in items if nightly.is_nightly(item) and not nightly.includes(config, item)}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo is not None:
        requirements.record(report, call.excinfo.value)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    requirements.refuse_skip(report)
    return report


def pytest_terminal_summary(terminalreporter):
    line = requirements.summary(terminalreporter.stats.get("skipped"))
    if line:
        terminalreporter.write_line(line)
