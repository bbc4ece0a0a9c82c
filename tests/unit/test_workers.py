"""Seeds processed by subprocesses that may exit: no deadlock, and no seed is lost."""

import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import workers
from workers import ENDED, outcomes


def square(seed):
    if seed % 7 == 3:
        os.abort()
    return seed * seed


def slow(seed):
    if seed == 1:
        Path(os.environ["SEQSPEC_STUCK"]).touch()
        time.sleep(600)
    return seed


def faulty(seed):
    return 1 / (seed - 2)


def test_a_process_that_ends_costs_one_seed():
    found = dict(outcomes(square, 0, 20, jobs=2, chunk=6))
    assert sorted(found) == list(range(20))
    assert {seed for seed, result in found.items() if result is ENDED} == {3, 10, 17}
    assert all(result == seed * seed for seed, result in found.items() if result is not ENDED)


def test_a_process_that_takes_too_long_costs_one_seed(tmp_path, monkeypatch):
    """A clock that jumps once the process is stuck, as on a busy machine its start alone may take several seconds."""
    stuck = tmp_path / "stuck"
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 10_000 * stuck.exists())
    monkeypatch.setenv("SEQSPEC_STUCK", str(stuck))
    monkeypatch.setattr(workers, "time", clock)
    assert dict(outcomes(slow, 0, 3, jobs=1, seconds=300.0)) == {0: 0, 1: ENDED, 2: 2}


def test_seeds_without_end():
    found = outcomes(abs, 5, None, jobs=1, chunk=2)
    assert [next(found) for _ in range(3)] == [(5, 5), (6, 6), (7, 7)]
    found.close()


def test_an_exception_is_an_error_of_the_script():
    with pytest.raises(RuntimeError, match="seed 2"):
        list(outcomes(faulty, 0, 4, jobs=1))
