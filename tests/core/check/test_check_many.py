"""Many specs in one run: order, laziness, constant memory, and errors in single specs."""

import gc
import os
import pickle
import weakref
from pathlib import Path

import pytest

import seqspec
from seqspec.core.check.parallel import CHUNK, MAX_IN_FLIGHT, MIN_PARALLEL_DOCUMENTS
from seqspec.core.syntax.document import Document
from tests import ROOT

pytestmark = pytest.mark.slow

WINDOW = 2 * MAX_IN_FLIGHT * CHUNK


def document(units, **more):
    return {"seqspec": 1, "model": {"input": [4], "layers": [{"type": "Dense", "units": units}]}, **more}


def told(report):
    data = report.to_dict()
    lines = [report.line(d.file, d.span.line) for d in report.diagnostics if d.span is not None]
    return data, lines, report.is_single_document, report.complete, report.params


@pytest.fixture(scope="module")
def files():
    found = [
        str(path) for folder in ("examples", "tests/cases") for path in sorted((ROOT / folder).rglob("*.seqspec.*"))
    ]
    found += [str(path) for path in sorted((ROOT / "tests/cases").rglob("*.toml"))]
    assert len(found) > 30
    return found


def test_two_processes_report_the_same_as_one(files, exhaustive):
    sources = [
        *(files if exhaustive else files[::4]),
        "no/such/file.toml",
        document(3),
        document("x"),
        document("$n", vars={"n": 5}),
    ]
    one = [told(report) for report in seqspec.check_many(sources, jobs=1)]
    two = [told(report) for report in seqspec.check_many(sources, jobs=2)]
    assert len(one) == len(sources)
    for left, right in zip(one, two, strict=True):
        assert left == right


@pytest.mark.parametrize("jobs", [1, 2, 5, None])
def test_reports_are_in_input_order(jobs):
    count = MIN_PARALLEL_DOCUMENTS + 3 * CHUNK + 7
    reports = seqspec.check_many((document(n + 1) for n in range(count)), jobs=jobs)
    assert [report.layers[0].output.shape for report in reports] == [(None, n + 1) for n in range(count)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_sources_have_no_reports(jobs):
    assert list(seqspec.check_many([], jobs=jobs)) == []


@pytest.mark.parametrize(("jobs", "most"), [(1, 1), (None, 1), (2, WINDOW)])
def test_first_report_reads_few_sources(jobs, most):
    read = []

    def sources():
        for n in range(10 * WINDOW):
            read.append(n)
            yield document(n + 1)

    reports = seqspec.check_many(sources(), jobs=jobs)
    assert read == []
    assert next(reports).ok
    assert 0 < len(read) <= most
    reports.close()


class Watched(dict):
    """A document of which it can be told whether it is still alive."""

    __hash__ = object.__hash__


@pytest.mark.parametrize(("jobs", "most"), [(1, 2), (2, WINDOW + CHUNK)])
def test_memory_is_constant(jobs, most):
    alive = weakref.WeakSet()

    def sources():
        for n in range(5 * WINDOW):
            source = Watched(document(n + 1))
            alive.add(source)
            yield source

    highest = reports_alive = 0
    known = weakref.WeakSet()
    gc.freeze()  # only what the loop makes need be looked through
    for number, report in enumerate(seqspec.check_many(sources(), jobs=jobs)):
        assert report.params == 5 * (number + 1)
        known.add(report)
        if number % 50 == 0:
            gc.collect()
            highest = max(highest, len(alive))
            reports_alive = max(reports_alive, len(known))
    assert highest <= most
    assert reports_alive <= 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_invalid_document_does_not_hide_others(jobs, tmp_path):
    (tmp_path / "syntax.toml").write_text("seqspec = = 1\n")
    (tmp_path / "bytes.toml").write_bytes(b"seqspec = 1\n\xff\n")
    sources = [document("x"), tmp_path / "syntax.toml", 7, document(0), tmp_path / "bytes.toml", tmp_path, document(2)]
    reports = list(seqspec.check_many(sources, jobs=jobs))
    assert [report.ok for report in reports] == [False] * 6 + [True]


@pytest.mark.parametrize("jobs", [1, 2])
def test_unpicklable_source_is_checked_in_this_process(jobs):
    sources = [document(2), document(lambda: 3), document(4)]
    assert [report.ok for report in seqspec.check_many(sources, jobs=jobs)] == [True, False, True]


@pytest.mark.parametrize("jobs", [1, 2])
def test_error_of_the_iterable_is_raised_in_order(jobs):
    def sources():
        yield document(1)
        yield document(2)
        raise OSError("the generator failed")

    reports = seqspec.check_many(sources(), jobs=jobs)
    assert next(reports).ok and next(reports).ok
    with pytest.raises(OSError, match="the generator failed"):
        next(reports)


@pytest.fixture
def copies(monkeypatch):
    """Processes start as copies of this one, so that they have what a test has changed."""
    monkeypatch.setattr("seqspec.core.check.parallel._start_method", lambda: "fork")


@pytest.mark.parametrize("jobs", [1, 2])
def test_internal_error_only_affects_its_report(jobs, monkeypatch, copies):
    monkeypatch.setattr("seqspec.core.frontends.frontend.read_source", lambda source, limits: _read(source))
    good, bad, last = seqspec.check_many(["good.toml", "bad.toml", "good.toml"], jobs=jobs)
    (found,) = bad.diagnostics
    assert (found.name, bad.file, bad.complete) == ("internal-error", "bad.toml", False)
    assert "ArithmeticError: broken inside" in found.message
    assert good.diagnostics == last.diagnostics and "internal-error" not in {d.name for d in good.diagnostics}


def test_dead_worker_raises_check_error(monkeypatch, copies):
    monkeypatch.setattr("seqspec.core.frontends.frontend.read_source", lambda source, limits: os._exit(3))
    with pytest.raises(seqspec.CheckError, match="a worker process terminated unexpectedly"):
        list(seqspec.check_many(["a.toml"] * 100, jobs=2))


def _read(source):
    if source == "bad.toml":
        raise ArithmeticError("broken inside")
    return Document({}, "", source)


@pytest.mark.parametrize("jobs", [0, -1, 1.5, True, "2"])
def test_invalid_jobs_raise_value_error(jobs):
    with pytest.raises(ValueError, match="jobs must be a positive integer"):
        seqspec.check_many([], jobs=jobs)


def test_options_reach_every_process():
    policy = {"properties": {"model": {"properties": {"layers": {"maxItems": 0}}}}}
    source = document("$n", vars={"n": 2})
    for jobs in (1, 2):
        (report,) = seqspec.check_many([source], jobs=jobs, vars={"n": 9}, policy=policy)
        assert report.params == 45 and len(report.diagnostics) == 1


@pytest.mark.nightly
def test_reports_pickle(files):
    for file in files:
        report = seqspec.check(file)
        assert told(pickle.loads(pickle.dumps(report))) == told(report), file


def test_spec_errors_pickle():
    with pytest.raises(seqspec.SpecError) as caught:
        seqspec.load(document("x"))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.report.diagnostics == caught.value.report.diagnostics


def test_spawned_processes_check(tmp_path):
    import subprocess
    import sys

    script = tmp_path / "run.py"
    script.write_text(
        "import multiprocessing, seqspec\n"
        "if __name__ == '__main__':\n"
        "    multiprocessing.set_start_method('spawn')\n"
        f"    print([r.params for r in seqspec.check_many([{document(1)!r}, {document(2)!r}], jobs=2)])\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("[5, 10]\n", "")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_threads_are_not_forked(tmp_path):
    import subprocess
    import sys

    script = tmp_path / "run.py"
    script.write_text(
        "import multiprocessing, threading, seqspec\n"
        "if __name__ == '__main__':\n"
        "    started = []\n"
        "    get = multiprocessing.get_context\n"
        "    multiprocessing.get_context = lambda method: started.append(method) or get(method)\n"
        f"    run = lambda: [r.params for r in seqspec.check_many([{document(1)!r}, {document(2)!r}], jobs=2)]\n"
        "    first = run()\n"
        "    run()\n"
        "    end = threading.Event()\n"
        "    threading.Thread(target=end.wait).start()\n"
        "    print(first, run(), run(), started)\n"
        "    end.set()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("[5, 10] [5, 10] [5, 10] ['fork', 'fork', 'forkserver', 'forkserver']\n", "")
