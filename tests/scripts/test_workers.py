"""Seeds processed by subprocesses that may exit: no deadlock, and no seed is lost."""

import itertools
import os
import sys
import time
from types import SimpleNamespace

import pytest

from tests import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import workers
from workers import ENDED, outcomes


def square(seed):
    if seed % 7 == 3:
        os.abort()
    return seed * seed


def slow(seed):
    if seed == 1:
        time.sleep(600)
    return seed


def faulty(seed):
    return 1 / (seed - 2)


def test_a_process_that_ends_costs_one_seed():
    found = dict(outcomes(square, 0, 20, jobs=2, chunk=6))
    assert sorted(found) == list(range(20))
    assert {seed for seed, result in found.items() if result is ENDED} == {3, 10, 17}
    assert all(result == seed * seed for seed, result in found.items() if result is not ENDED)


def test_a_process_that_takes_too_long_costs_one_seed(monkeypatch):
    """A clock that jumps while seed 1 is computed: on a busy machine the start of a process alone may take seconds."""
    jumps = itertools.chain([0], itertools.repeat(10_000))
    found = outcomes(slow, 0, 3, jobs=1, seconds=300.0)
    assert next(found) == (0, 0)
    # The next time that is asked for is that at which seed 1 began.
    monkeypatch.setattr(workers, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + next(jumps)))
    assert dict(found) == {1: ENDED, 2: 2}


def test_seeds_without_end():
    found = outcomes(abs, 5, None, jobs=1, chunk=2)
    assert [next(found) for _ in range(3)] == [(5, 5), (6, 6), (7, 7)]
    found.close()


def test_an_exception_is_an_error_of_the_script():
    with pytest.raises(RuntimeError, match="seed 2"):
        list(outcomes(faulty, 0, 4, jobs=1))
