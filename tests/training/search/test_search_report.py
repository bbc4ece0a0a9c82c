"""report.html of searches that were recorded without training."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

pytest.importorskip("optuna")

from seqspec.training.report.charts import Axis, Chart, Coordinate, Line, chart_svg, parallel_svg
from seqspec.training.search.results import SearchResult
from seqspec.training.search.search_report import SearchCharts, parameter_importance, write_report
from seqspec.training.search.text import shown
from tests.training.search.recorded import recorded_search

pytestmark = pytest.mark.needs("optuna")

TWO = (("val_accuracy", "maximize"), ("macs", "minimize"))


def svgs(text):
    return [ElementTree.fromstring(each) for each in re.findall(r"<svg.*?</svg>", text, re.S)]


@pytest.mark.parametrize("count", [1, 3, 200])
def test_the_report_has_a_row_for_each_trial_and_what_was_rejected(tmp_path, count):
    result = SearchResult(recorded_search(tmp_path, count))
    text = write_report(result).read_text()
    assert len(svgs(text)) >= 3
    assert not [path for path in re.findall(r' (?:d|cx|cy|y)="([^"]*)"', text) if "nan" in path or "inf" in path]
    linked = re.findall(r'<tr><td><a href="trials/(\d{4})/">', text.split("<h2>Trials</h2>")[1].split("<h2>")[0])
    assert sorted(map(int, linked)) == list(range(1, count + 1))
    # Of 200: every fifteenth failed, every seventh of the others ended early.
    failed = [n for n in range(1, count + 1) if n % 15 == 0]
    pruned = [n for n in range(1, count + 1) if n % 7 == 0 and n % 15]
    counts = {"done": count - len(failed) - len(pruned), "pruned": len(pruned), "failed": len(failed)}
    assert all(f"{number} {state}" in text for state, number in counts.items() if number)
    assert text.count("out of &lt;memory&gt; &amp; time") == len(failed)
    assert ("SEQ212 window-too-large" in text) == (count >= 5)
    best = max((trial for trial in result.trials if trial.values), key=lambda trial: trial.values[0])
    assert f"Trial {best.number}</a>: val_accuracy {best.values[0]:.4g}" in text


def test_a_size_that_is_an_objective_is_drawn_once_and_has_no_error(tmp_path):
    objectives = (("val_accuracy", "maximize"), ("params", "minimize"))
    result = SearchResult(recorded_search(tmp_path, 5, objectives, error=0.05))
    text = write_report(result)
    charts = SearchCharts(result, result.trials, result.ranked)
    assert [chart.title for chart in charts.sizes()] == ["val_accuracy and MACs"] and len(charts.objectives()) == 1
    first = result.trials[0]
    titles = {
        title
        for chart in (*charts.sizes(), *charts.objectives())
        for line in chart.lines
        for title in line.titles or ()
    }
    start = f"trial 1: val_accuracy {first.values[0]:.4g}, "
    assert {title for title in titles if title.startswith("trial 1:")} == {
        f"{start}MACs {first.sizes['macs']:,}", f"{start}params {shown(first.values[1])}",
    }  # fmt: skip
    assert "<th>val_accuracy_error</th>" in text.read_text() and "params_error" not in text.read_text()


def test_names_of_files_and_parameters_are_escaped(tmp_path):
    search = recorded_search(tmp_path, 3, name="a<b&c")
    search.write_info({**search.info, "started": "<script>", "ended": "x < y", "error": "1 < 2"})
    text = write_report(SearchResult(search)).read_text()
    assert "<script" not in text and "a<b" not in text and "x &lt; y" in text and "failed: 1 &lt; 2" in text


def test_importance_is_that_of_the_parameter_on_which_the_values_depend(tmp_path):
    found = parameter_importance(SearchResult(recorded_search(tmp_path, 200)))
    assert next(iter(found)) == "vars.units" and found["vars.units"] > 0.8
    assert sum(found.values()) == pytest.approx(1)
    assert not parameter_importance(SearchResult(recorded_search(tmp_path, 10, name="few")))


def test_the_front_of_accuracy_and_size(tmp_path):
    result = SearchResult(recorded_search(tmp_path, 40, objectives=TWO))
    (chart,) = SearchCharts(result, result.trials, result.ranked).objectives()
    values = [trial.values for trial in result.trials if trial.values]
    front = sorted(
        (macs, accuracy) for accuracy, macs in values
        if not any(a >= accuracy and m <= macs and (a, m) != (accuracy, macs) for a, m in values)
    )  # fmt: skip
    assert chart.lines[1].points == front
    assert len(chart.lines[0].points) + len(front) == len(values)
    assert {trial.values[1] for trial in result.pareto} == {macs for macs, _ in front}


def test_the_best_so_far_never_gets_worse_and_far_values_are_at_the_edge(tmp_path):
    search = recorded_search(tmp_path, 60)
    result = SearchResult(search)
    trials = [each._replace(values=[-1e6]) if each.number == 20 else each for each in result.trials]
    charts = SearchCharts(result, trials, [each for each in trials if each.values])
    best = [value for _, value in charts.history()[0].lines[2].points]
    assert best == sorted(best) and best[-1] == max(each.values[0] for each in trials if each.values)
    assert charts.clipped == 1
    assert min(value for _, value in charts.history()[0].lines[0].points) > -10


def test_lines_bridge_parameters_that_a_trial_does_not_have():
    axis = Axis("a", (0.0, 1.0))
    coordinates = [Coordinate(axis, [0.0, 1.0]), Coordinate(axis, [None, 0.5]), Coordinate(axis, [1.0, 0.0])]
    root = ElementTree.fromstring(parallel_svg(coordinates, ["best <1>", "other"], 1))
    paths = {path[0].text: path.get("d") for path in root.iter("path") if len(path)}
    assert paths["best <1>"].count("M") == 2 and paths["other"].count("M") == 1
    (bridge,) = [path.get("d") for path in root.iter("path") if "bridge" in path.get("class")]
    # From the lowest value of the first axis to the highest of the last one.
    assert bridge == "M64 274.0L344 52.0"


def test_many_parameters_fit_into_the_page_and_their_labels_differ():
    names = ["vars.depth", *(f"compile.optimizer[{each}].learning_rate" for each in ("Adam", "SGD"))]
    names += [f"layers.dense_{number}.units" for number in range(9)]
    coordinates = [Coordinate(Axis(name, (1.0, 3.0), integer=True), [1.0, 3.0]) for name in names]
    root = ElementTree.fromstring(parallel_svg(coordinates, ["best", "other"], 1))
    assert float(root.get("viewBox").split()[2]) <= 952
    texts = [(each.get("class"), each[0].tail if len(each) else each.text, each.get("x")) for each in root.iter("text")]
    labels = [(text, float(x)) for kind, text, x in texts if kind == "title"]
    assert [text for text, _ in labels[:4]] == [
        "vars.depth",
        "Adam learning_rate",
        "SGD learning_rate",
        "dense_0.units",
    ]
    assert all(later - x > 62 for (_, x), (_, later) in pairwise(labels))
    assert {text for kind, text, _ in texts if kind != "title"} == {"1", "2", "3"}


def test_ticks_of_names_of_integers_and_of_half_a_decade():
    def ticks(axis, points):
        root = ElementTree.fromstring(chart_svg(Chart("c", axis, Axis(""), [Line("", points)])))
        return [each.text for each in root.iter("text") if each.get("class") == "tick" and each.get("y") == "216"]

    assert ticks(Axis("", names=["Adam", "<SGD>"]), [(0.0, 1.0), (1.0, 2.0)]) == ["Adam", "<SGD>"]
    assert ticks(Axis("", (1.0, 3.0), integer=True), [(1.0, 1.0), (3.0, 2.0)]) == ["1", "2", "3"]
    assert ticks(Axis("", log=True), [(1500.0, 1.0), (25_000.0, 2.0)]) == ["2000", "5000", "10k", "20k"]
    assert ticks(Axis(""), [(0.0, 1.0), (4e6, 2.0)]) == ["0", "1M", "2M", "3M", "4M"]
