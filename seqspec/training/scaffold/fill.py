"""A template with its source filled in: `seqspec new image-cnn --data photos`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seqspec.cli.commands.new import TEMPLATES, document
from seqspec.core.api.data import ArraysSource
from seqspec.training.data.arrays import read_arrays
from seqspec.training.data.read_context import ReadContext
from seqspec.training.data.stored import Budget
from seqspec.training.scaffold.folder import FolderPlan, Medium, facts_of, plan_folder, source_tables
from seqspec.training.scaffold.media import AudioFacts, ImageFacts
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions
from seqspec.training.scaffold.sample import read_sample
from seqspec.training.scaffold.series.draft import plan_series
from seqspec.training.scaffold.series.draft import source_lines as series_lines
from seqspec.training.scaffold.split import SplitPlan
from seqspec.training.scaffold.table import column_lines, encoded_values, plan_table
from seqspec.training.scaffold.table import source_lines as table_lines
from seqspec.training.scaffold.text import Draft, header, toml

_MEDIA: dict[str, Medium] = {
    "image-cnn": "images",
    "transfer-learning": "images",
    "text-classifier": "text",
    "audio-classifier": "audio",
}
_NOUNS = {"images": "a folder of images", "text": "a folder of .txt files", "audio": "a folder of .wav files"}
_MAX_SIZE = 64


def draft_template(options: ScaffoldOptions) -> Draft:
    """The template that the options name, filled in for data; raises `ScaffoldError` and `DataError`."""
    assert options.template in TEMPLATES
    if options.template in _MEDIA:
        return _folder(options, _MEDIA[options.template])
    if options.template == "time-series":
        return _series(options)
    return _autoencoder(options) if options.template == "autoencoder" else _table(options)


def filled(template: str, options: ScaffoldOptions, vars: Mapping[str, object], data: Sequence[Sequence[str]]) -> str:
    """The text of a template with values of `[vars]`, and with its commented tables of data replaced by these."""
    text, _, _ = document(template, "toml").partition("\n# Where the data is:")
    for name, value in vars.items():
        text = re.sub(rf"(?m)^{name} = \S+", f"{name} = {value}", text, count=1)
    text = re.sub(r"(?m)^\[data\.(train|validation)\][^\n]*\n(?:\w+ = [^\n]*\n)*\n?", "", text)
    parts = [text.rstrip("\n"), *("\n".join(table) for table in data)]
    return f"{header(options.command())}\n" + "\n\n".join(parts) + "\n"


def _require(options: ScaffoldOptions, condition: bool, expected: str) -> None:
    if not condition:
        message = f"the template {options.template} needs {expected}; without a template, --data writes a spec for it"
        raise ScaffoldError(message)


def _folder(options: ScaffoldOptions, medium: Medium) -> Draft:
    _require(options, os.path.isdir(options.data), _NOUNS[medium])
    plan = plan_folder(options)
    _require(options, plan.medium == medium, _NOUNS[medium])
    facts, classes = facts_of(plan), len(plan.counts)
    extra: list[str] = []
    vars: dict[str, object] = {"classes": classes}
    if isinstance(facts, ImageFacts) and options.template == "image-cnn":
        vars["size"] = max(8, min(_MAX_SIZE, *facts.size))
    if isinstance(facts, AudioFacts):
        vars = {"rate": facts.rate, "samples": facts.length, "classes": classes}
        extra = [f"samples = {facts.length}"]
    if medium == "text":
        _require(options, classes == 2, "two classes")
        vars = {}
    text = filled(options.template or "", options, vars, source_tables(plan, extra))
    if medium == "text":
        text = _with_texts(text)
    return Draft(text, _lines(plan), [])


def _with_texts(text: str) -> str:
    """The text classifier with texts as its input in place of token indices."""
    layer = '{ type = "TextVectorization", max_tokens = "$vocabulary", output_sequence_length = 200 },'
    text = re.sub(r"(?m)^input = .*$", 'input = { shape = [], dtype = "string", name = "text" }', text)
    text = re.sub(r"(?m)^  # For texts in place of token indices.*\n", "", text)
    return text.replace(f"  # {layer}", f"  {layer}")


def _lines(plan: FolderPlan) -> list[tuple[str, str]]:
    return [
        (plan.options.name, f"{len(plan.files):,} files in {len(plan.counts)} classes"),
        ("template", f"{plan.options.template}: {TEMPLATES[plan.options.template or '']}"),
    ]


def _series(options: ScaffoldOptions) -> Draft:
    _require(options, options.time is not None and options.horizon is not None, "--time COLUMN and --horizon N")
    _require(options, not options.known, "a series without --known")
    # A template has no inputs of the steps to forecast.
    plan = replace(plan_series(options), calendar=())
    text = filled("time-series", options, {"series": 1, "horizon": plan.horizon}, [series_lines(plan)])
    return Draft(text, [(options.name, f"{plan.steps:,} time steps, {plan.rows.frequency.name}"), *plan.notes], [])


def _table(options: ScaffoldOptions) -> Draft:
    _require(options, os.path.isfile(options.data) and options.time is None, "a table")
    plan = plan_table(options, read_sample(options.data, options.dialect))
    _require(options, plan.task.kind != "regression", "a label with classes")
    task = replace(plan.task, kind="multiclass")
    data = [table_lines(plan), column_lines(plan), plan.split.lines()]
    vars = {"features": encoded_values(plan), "classes": task.classes}
    text = filled("dense-classifier", options, vars, data)
    said = [(options.name, f"{plan.sample.rows:,} rows"), ("label", f"{plan.label.name}: {task.summary}")]
    return Draft(text, [*said, *plan.corrections], [])


def _autoencoder(options: ScaffoldOptions) -> Draft:
    expected = "an .npz file with an array x of images (28, 28, 1) with values from 0 to 1"
    _require(options, options.data.lower().endswith(".npz"), expected)
    x = read_arrays(ArraysSource(type="arrays", path=options.data), ReadContext("", (), budget=Budget(0))).x
    some = np.asarray(x[:1000])
    scaled = some.dtype.kind == "f" and some.min(initial=0) >= 0 and some.max(initial=0) <= 1
    _require(options, tuple(x.shape[1:]) in ((28, 28), (28, 28, 1)) and scaled, expected)
    source = ["[data.source]", 'type = "arrays"', f"path = {toml(options.path)}"]
    data = [source, SplitPlan("").lines()]
    return Draft(filled("autoencoder", options, {}, data), [(options.name, f"{len(x):,} images")], [])
