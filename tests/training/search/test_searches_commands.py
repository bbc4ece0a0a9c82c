"""`searches show` and `compare`, and `search best --simplest`, of searches that were recorded without training."""

import csv
import io
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

pytest.importorskip("optuna")

import seqspec
from seqspec.cli.main import cli
from seqspec.core.diagnostics.errors import MissingPackageError
from seqspec.training.commands.search import SearchOutput
from seqspec.training.commands.training_console import exit_on_run_errors
from seqspec.training.errors import ExitStatus, Interrupted, ResumeError, RunError, SearchError
from seqspec.training.events import WarningEvent
from seqspec.training.search import results
from seqspec.training.search.api import _resumed as resumed
from seqspec.training.search.api import resume_search, write_results
from seqspec.training.search.final_model import FinalModel
from seqspec.training.search.jobs import TrainTrial
from seqspec.training.search.places import SearchConcurrency, open_workers
from seqspec.training.search.results import SearchResult
from seqspec.training.search.search_folder import SearchFolder
from tests.training.search.fakes import write_run
from tests.training.search.recorded import recorded_search
from tests.training.search.test_trial_text import TEXT

pytestmark = pytest.mark.needs("optuna")


def invoke(*arguments):
    result = CliRunner().invoke(cli, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def searches(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "searches"
    for name, count, trials in (("a", 30, 4), ("b", 12, 9)):
        search = recorded_search(folder, count, name=name, error=0.05)
        (search.path / "document.toml").write_text(TEXT.replace("trials = 4", f"trials = {trials}"))
    return {path.name: SearchResult(SearchFolder(path)) for path in folder.iterdir()}


def test_simplest_is_the_smallest_trial_within_one_standard_error(searches):
    result = searches["a"]
    done = [trial for trial in result.trials if trial.values]
    best = max(done, key=lambda trial: trial.values[0])
    near = [trial for trial in done if trial.values[0] >= best.values[0] - 0.05]
    smallest = min(near, key=lambda trial: trial.sizes["params"])
    assert 1 < len(near) < len(done) and smallest.number != best.number
    assert result.simplest.trial.number == smallest.number
    order = sorted(near, key=lambda trial: -trial.values[0])
    shown = re.search(r"^near +([\d, ]+)", invoke("searches", "show", "a"), re.M)
    assert shown and shown[1].split(", ") == [str(trial.number) for trial in order[:20]]
    assert invoke("search", "best", "a", "--simplest").startswith(f"# Trial {smallest.number} of the search a.")


def test_without_repeats_and_intervals_no_trial_is_the_simplest(tmp_path):
    with pytest.raises(RunError, match="no standard error of val_accuracy is known: set repeats or folds"):
        _ = SearchResult(recorded_search(tmp_path, 3)).simplest


def test_reading_a_search_opens_no_lock(searches):
    assert len(searches["a"].trials) == 30
    assert not (searches["a"].path / "journal.log.lock").exists()


def test_a_damaged_journal_is_reported(searches):
    journal = searches["a"].path / "journal.log"
    lines = journal.read_bytes().splitlines(keepends=True)
    # The last line is not complete while it is written.
    journal.write_bytes(b"".join(lines)[:-5])
    assert searches["a"].trials
    journal.write_bytes(b"".join([*lines[:5], lines[5][:-5], *lines[6:]]))
    with pytest.raises(RunError, match=r"journal\.log is damaged"):
        _ = searches["a"].trials
    assert re.search(r"^a +damaged", invoke("searches"), re.M)


def test_a_search_without_its_document_is_damaged(searches):
    (searches["a"].path / "document.toml").unlink()
    for command in (["searches", "compare", "a", "b"], ["search", "resume", "a", "--trials", "1"]):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 2
        assert "is damaged: it has no document.toml" in result.output


def test_an_empty_name_is_not_the_only_search(searches):
    shutil.rmtree(searches["b"].path)
    result = CliRunner().invoke(cli, ["searches", "rm", "", "--yes"])
    assert result.exit_code == 2 and 'no search ""' in result.output
    assert searches["a"].path.is_dir()


def test_the_name_of_a_search_must_be_that_of_one(searches, tmp_path):
    recorded_search(tmp_path / "searches", 1, name="b2")
    for command, message in (
        (["searches", "show", ""], 'no search ""; searches has'),
        (["searches", "show", "c"], 'no search "c"; searches has b2, b, a'),
        (["search", "show", "latest"], "did you mean seqspec searches show?"),
    ):
        result = CliRunner().invoke(cli, command)
        assert result.exit_code == 2 and message in result.output
    recorded_search(tmp_path / "searches", 1, name="b3")
    (tmp_path / "searches" / "b").rename(tmp_path / "searches" / "b4")
    result = CliRunner().invoke(cli, ["searches", "show", "b"])
    assert "b is the beginning of 3 searches: b4, b3, b2" in result.output
    assert "--dry-run" in invoke("search", "--help")


def test_a_search_that_is_done_says_how_trials_are_added(searches):
    with pytest.raises(ResumeError, match="is done: add trials, --trials N or trials=N in Python"):
        resume_search(searches["a"].path)


def test_a_longer_time_of_the_document_replaces_the_one_that_the_search_began_with(searches):
    search = searches["a"].folder
    search.write_info({**search.info, "settings": ['search.time="8s"']})
    document = search.path.parent / "new.seqspec.toml"
    times = []
    for limit in ("1h", "5s"):
        document.write_text(TEXT.replace("trials = 4", f'trials = 2\ntime = "{limit}"'))
        times.append(resumed(search, document, 0, None).spec.search.time)
    assert times == [3600, 8]
    found = resumed(search, document, 3, "2h").spec.search
    # 30 trials have begun.
    assert (found.time, found.trials) == (7200, 33)


def test_a_search_of_which_all_trials_failed_shows_the_reasons_and_is_not_resumed(searches, monkeypatch):
    search = searches["b"].folder
    search.write_info({**search.info, "state": "failed", "error": "no trial was trained to its end"})
    shown = invoke("searches", "show", "a")
    assert "failed      trials 15, 30: out of <memory> & time" in shown
    assert "continue with" in invoke("searches", "show", "b")
    failed = [trial._replace(state="failed", values=None, error="e") for trial in searches["b"].trials]
    monkeypatch.setattr(results, "trials_of", lambda folder: failed)
    assert "continue with" not in invoke("searches", "show", "b")


def test_a_trial_whose_model_was_not_kept_says_how_it_is_trained_again(searches):
    run = searches["a"].path / "trials" / "0002"
    write_run(run, [1.0])
    (run / "model.keras").unlink()
    (run / "run.json").write_text(json.dumps({**json.loads((run / "run.json").read_text()), "trial": 2}))
    (run / "expanded.json").write_text("{}")
    with pytest.raises(RunError, match=r"models of its best trials only.*search best .* --trial 2 -o FILE"):
        seqspec.load_run(run).uses_best(False)


def test_a_trial_of_folds_without_a_final_model_names_the_models_of_its_folds(searches):
    run = searches["a"].path / "trials" / "0002"
    write_run(run, [1.0])
    (run / "model.keras").unlink()
    (run / "run.json").write_text(json.dumps({**json.loads((run / "run.json").read_text()), "trial": 2}))
    (run / "expanded.json").write_text("{}")
    write_run(run / "folds" / "1", [1.0])
    message = r"with folds only the best trial .* folds are in .*0002/folds; seqspec search best .* --trial 2 -o FILE"
    with pytest.raises(RunError, match=message):
        _ = seqspec.load_run(run).model


def test_the_best_spec_has_the_format_of_the_stored_document(searches):
    search = searches["a"].folder
    search.document.rename(search.path / "document.json")
    write_results(search)
    assert [path.name for path in search.path.glob("best.*")] == ["best.seqspec.json"]
    assert json.loads((search.path / "best.seqspec.json").read_text()) == {"seqspec": 1}


def test_best_writes_the_format_of_the_suffix(searches, tmp_path):
    trial = searches["a"].path / "trials" / f"{searches['a'].best.number:04}"
    result = CliRunner().invoke(cli, ["search", "best", "a", "-o", "b.json"])
    assert result.stderr == "b.json: JSON has no comments; dropped 1 comment\n"
    assert json.loads((tmp_path / "b.json").read_text()) == {"seqspec": 1}
    (trial / "document.toml").unlink()
    (trial / "document.json").write_text('{"seqspec": 1, "model": {"input": [4]}}')
    shown = invoke("search", "best", "a", "-o", "b.toml")
    assert shown == f"b.toml: trial {searches['a'].best.number} of {Path('searches/a')}\n"
    assert tomllib.loads((tmp_path / "b.toml").read_text()) == {"seqspec": 1, "model": {"input": [4]}}
    result = CliRunner().invoke(cli, ["search", "best", "a", "-o", "b.yaml"])
    assert result.exit_code == 2 and "--output b.yaml: a spec must end in .toml or .json" in result.stderr
    assert not (tmp_path / "b.yaml").exists()


def test_of_values_that_differ_by_rounding_the_earlier_trial_is_the_best():
    trial = results.Trial(1, "done", {}, [0.97333332], {}, None, "")
    later = trial._replace(number=6, values=[0.97333334])
    better = trial._replace(number=7, values=[0.97334])
    assert [each.number for each in results.ranked([trial, later], [True])] == [1, 6]
    assert [each.number for each in results.ranked([trial, later, better], [True])] == [7, 1, 6]


@pytest.mark.parametrize("objectives", [1, 2])
def test_show_sorts_done_trials_by_rank_then_pruned_then_failed(tmp_path, objectives):
    goals = (("val_accuracy", "maximize"), ("params", "minimize"))[:objectives]
    result = SearchResult(recorded_search(tmp_path, 30, goals))
    rows = csv.DictReader(io.StringIO(invoke("searches", "show", result.path, "--sort", "--format", "csv")))
    others = [str(number) for number in (7, 14, 21, 28, 15, 30)]
    assert [row["number"] for row in rows] == [*(str(trial.number) for trial in result.ranked), *others]


def test_the_evaluation_of_another_best_trial_is_a_warning(searches):
    search = searches["a"].folder
    search.add_test({"trial": 1, "result": {"metrics": {}}})
    facts = SimpleNamespace(sizes={"test": 1})
    ended = SimpleNamespace(error=None, result={"metrics": {}})
    workers = SimpleNamespace(facts=facts, start=lambda key, job: None, ended=lambda decide: [ended])
    plan = SimpleNamespace(final="evaluate", folds=0)
    events = []
    final = FinalModel(plan, search, workers, events.append)
    for number in (1, 2, 2):
        final.evaluate(TrainTrial(number, {}, search.path, ""))
    message = "evaluation 2 of a trial of a on the test set: the best of them is optimistic"
    assert [event for event in events if isinstance(event, WarningEvent)] == [WarningEvent(message)]


def test_an_interruption_is_no_error(capsys):
    with pytest.raises(SystemExit) as end, exit_on_run_errors():
        raise Interrupted("interrupted; continue with: seqspec search resume s")
    assert end.value.code == ExitStatus.INTERRUPTED
    assert capsys.readouterr().err == "interrupted; continue with: seqspec search resume s\n"


def test_the_best_spec_in_the_folder_of_a_search_says_where_it_belongs(searches):
    path = searches["a"].path / "best.seqspec.toml"
    path.write_text(TEXT[: TEXT.index("# What is searched.")])
    result = CliRunner().invoke(cli, ["check", "--data", str(path)])
    assert "breast_cancer.csv does not exist" in result.output
    assert "seqspec search best searches/a -o FILE" in result.output


def test_a_search_without_a_trained_trial_names_no_checkpoint(capsys):
    with pytest.raises(SystemExit) as end, exit_on_run_errors():
        raise SearchError("no trial was trained to its end")
    assert end.value.code == ExitStatus.FAILED
    assert capsys.readouterr().err == "Error: no trial was trained to its end\n"


def test_show_has_every_trial_what_was_rejected_and_errors(searches):
    text = invoke("searches", "show", "a")
    rows = re.findall(r"^ *(\d+)  (done|pruned|failed)", text, re.M)
    assert [(int(number), state) for number, state in rows] == [(t.number, t.state) for t in searches["a"].trials]
    assert "rejected    12 candidates (SEQ212 12); 1 equal to earlier ones" in text
    assert f"best        trial {searches['a'].best.number}: val_accuracy" in text
    row = json.loads(invoke("searches", "show", "a", "--format", "json"))[0]
    first = searches["a"].trials[0]
    assert {name: row[name] for name in first.chosen} == dict(first.chosen) and row["val_accuracy_error"] == 0.05


def test_the_best_of_several_objectives_is_that_by_the_first(tmp_path, capsys):
    objectives = (("val_accuracy", "maximize"), ("params", "minimize"))
    best = SearchResult(recorded_search(tmp_path, 5, objectives)).best
    assert f"best        trial {best.number} by val_accuracy: val_" in invoke("searches", "show", tmp_path / "digits-1")
    row = best.row([name for name, _ in objectives])
    output = SearchOutput()
    output("search", {
        "trials": 5, "objectives": objectives, "folds": 0, "final": "none", "min_epochs": 3, "pruner": "none",
        "sets": {"train": 5}, "space": {"exact": True, "valid": 5, "combinations": 5, "parameters": 2},
        "repeats": 1, "folder": "s", "ended_trials": 0, "workers": 1,
    })  # fmt: skip
    output("trial", {"trial": row, "error": None, "best": True})
    line = capsys.readouterr().out.splitlines()[-1]
    assert f"params {row['params']:,}  10 epochs" in line and "parameters" not in line


def test_compare_has_the_best_trials_and_what_differs(searches):
    found = json.loads(invoke("searches", "compare", "a", "b", "--format", "json"))
    assert found["searches"] == ["a", "b"] and found["trials"] == [30, 12]
    assert [each["number"] for each in found["best"]] == [searches[name].best.number for name in "ab"]
    assert found["settings"] == {"search.trials": [4, 9]}
    assert found["data"] and found["comparable"]
    text = invoke("searches", "compare", "a", "b")
    assert "different   search.trials: 4, 9" in text
    assert f"trial {searches['b'].best.number}" in text


def test_the_result_in_python(searches, monkeypatch):
    result = searches["a"]
    study = result.study
    assert [trial.params for trial in study.trials] == [dict(trial.chosen) for trial in result.trials]
    assert study.best_value == result.best.values[0]
    shown = result._repr_html_()
    assert "<svg" in shown and f"<td>{result.best.number}</td>" in shown
    frame = pytest.importorskip("pandas") and result.frame()
    assert list(frame["number"]) == list(range(1, 31))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackageError, match="frame\\(\\) needs pandas"):
        result.frame()


def test_numbers_out_of_range_are_named_by_their_argument(searches):
    with pytest.raises(RunError, match="trials must be at least 1, got 0"):
        seqspec.search({"seqspec": 1}, trials=0)
    with pytest.raises(RunError, match="trials must be at least 0, got -1"):
        resume_search(searches["a"].path, trials=-1)
    with pytest.raises(RunError, match='trials must be an integer, got a string: "3"'):
        seqspec.search({"seqspec": 1}, trials="3")
    with pytest.raises(RunError, match=r"time must be seconds or a duration such as .2h., got"):
        seqspec.search({"seqspec": 1}, time=object())
    with pytest.raises(RunError, match='workers must be an integer, got a string: "2"'):
        open_workers(None, SearchConcurrency(workers="2"), print)
    with pytest.raises(RunError, match="per_device must be at least 1, got 0"):
        open_workers(None, SearchConcurrency(per_device=0), print)
    with pytest.raises(seqspec.SpecError, match='time must be a duration such as "2h"'):
        seqspec.search({"seqspec": 1}, time="60 fortnights")
    result = CliRunner().invoke(cli, ["search", "model.seqspec.toml", "--time", "2 hours"])
    assert result.exit_code == 2 and "Invalid value for '--time': must be a duration" in result.output


def test_a_document_without_a_search_says_so_whatever_is_set(tmp_path):
    file = tmp_path / "model.seqspec.toml"
    file.write_text(TEXT[: TEXT.index("# What is searched.")])
    with pytest.raises(RunError, match=r"the document has no \[search\]"):
        seqspec.search(file, trials=3)
    for options in ((), ("--trials", "3"), ("--time", "1h", "--set", "search.keep=3")):
        result = CliRunner().invoke(cli, ["search", str(file), *options])
        assert (result.exit_code, result.output.count("the document has no [search]")) == (2, 1), result.output
    result = CliRunner().invoke(cli, ["search", str(file), "--epochs", "3"])
    assert "no option --epochs: write --set fit.epochs=VALUE" in result.output


def test_a_search_in_place_of_a_run_names_its_best_trial(searches):
    search = searches["a"].folder
    search.write_info({**search.info, "best": 3})
    write_run(search.path / "trials" / "0003", [0.5])
    for command in ("evaluate S", "predict S a.csv", "export S", "report S", "runs show S", "runs compare S S"):
        result = CliRunner().invoke(cli, command.replace("S", "searches/a").split())
        assert f"searches/a is a search, not a run: its best trial is {Path('searches/a/trials/0003')}" in result.output


def test_a_spec_is_overwritten_only_with_force(searches, tmp_path):
    number = searches["a"].best.number
    (searches["a"].path / "trials" / f"{number:04d}" / "document.toml").write_text("seqspec = 1\n")
    target = tmp_path / "best.toml"
    target.write_text("x = 1\n")
    result = CliRunner().invoke(cli, ["search", "best", "a", "-o", str(target)])
    assert result.exit_code == 2 and "already exists; choose another file with -o, or use --force" in result.output
    invoke("search", "best", "a", "-o", target, "--force")
    assert target.read_text() == "seqspec = 1\n"


def test_a_loaded_spec_without_the_variables_that_are_searched_is_refused(searches):
    with pytest.raises(RunError, match="variables, which are expanded in a Spec: pass the path"):
        seqspec.search(seqspec.load(searches["a"].path / "document.toml"))


def test_a_sampler_that_cannot_be_used_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = TEXT.replace("[search]\n", '[search]\nsampler = { type = "tpe", arguments = { starts = 3 } }\n')
    (tmp_path / "model.seqspec.toml").write_text(text)
    with pytest.raises(RunError, match=r"the arguments of .search. sampler cannot be used"):
        seqspec.search("model.seqspec.toml")
    assert not (tmp_path / "searches").exists()
