"""A spec for a folder of images, texts or sounds, one folder per class."""

from __future__ import annotations

import os
import wave
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqspec.core.api.diagnostics import install_command
from seqspec.training.data.folders import IMAGES
from seqspec.training.data.split import SET_OF_WORD, SETS
from seqspec.training.scaffold.arrays import draft_arrays
from seqspec.training.scaffold.column_names import sensitive_content
from seqspec.training.scaffold.media import (
    AudioFacts,
    ImageFacts,
    MediaModel,
    TextFacts,
    audio_model,
    image_model,
    text_model,
)
from seqspec.training.scaffold.options import ScaffoldError, ScaffoldOptions, require_file
from seqspec.training.scaffold.pieces import model_lines, spec_text, target_lines
from seqspec.training.scaffold.split import SplitPlan, random_split
from seqspec.training.scaffold.task import MIN_PER_CLASS, Task, task_of_counts
from seqspec.training.scaffold.text import Draft, toml

Medium = Literal["images", "text", "audio"]
SUFFIXES: dict[Medium, tuple[str, ...]] = {"images": IMAGES, "text": (".txt",), "audio": (".wav",)}
_SETS = {**SET_OF_WORD, "testing": "test"}
_MOST = 0.9
_SAMPLED_FILES = 200
_MAX_NAMES = 30


@dataclass(frozen=True)
class FolderPlan:
    """What is in a folder.

    Attributes:
        options: What the user says.
        medium: What its files are.
        sets: The folder of each set, from the data folder; empty where it holds the classes themselves.
        files: The files of the training set, or all of them.
        counts: The number of files of each class.
        task: What is predicted.
    """

    options: ScaffoldOptions
    medium: Medium
    sets: Mapping[str, str]
    files: Sequence[str]
    counts: Mapping[str, int]
    task: Task

    @property
    def validated(self) -> bool:
        """Whether there is a validation set."""
        return not self.sets or "validation" in self.sets


def draft_folder(options: ScaffoldOptions) -> Draft:
    """The spec for a folder; raises `ScaffoldError`."""
    options.refuse(
        ("time", "horizon", "known", "kinds", "ignore", "id", "group"), f"{options.name} is a folder of files"
    )
    suffixes = _suffixes(options.data)
    if suffixes and suffixes.most_common(1)[0][0] == ".npy":
        return draft_arrays(options)
    plan = plan_folder(options, suffixes)
    facts = facts_of(plan)
    model = _model(plan, facts)
    tables = (target_lines(plan.task), model.training, *source_tables(plan, model.source))
    text = spec_text(options, model_lines(model.input, model.layers), *tables)
    return Draft(text, _lines(plan, facts, model.summary), [])


def _suffixes(folder: str) -> Counter[str]:
    suffixes: Counter[str] = Counter()
    for _, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        suffixes.update(os.path.splitext(name)[1].lower() for name in names if not name.startswith("."))
    return suffixes


def plan_folder(options: ScaffoldOptions, suffixes: Counter[str] | None = None) -> FolderPlan:
    """The classes and sets of a folder; `found` counts its suffixes, where they are known."""
    options.refuse(("label",), "the folder of a file is its class")
    options.refuse(("positive",), "the classes are the folders in alphabetical order")
    medium = _medium(options, _suffixes(options.data) if suffixes is None else suffixes)
    folders = sorted(
        entry.name for entry in os.scandir(options.data) if entry.is_dir() and not entry.name.startswith(".")
    )
    sets = {_SETS[name.lower()]: name for name in folders if name.lower() in _SETS}
    if "train" not in sets:
        sets = {}
    root = os.path.join(options.data, sets.get("train", ""))
    classes = _classes(root, SUFFIXES[medium])
    if len(classes) < 2:
        raise ScaffoldError(
            f"{options.name} has {'one folder' if classes else 'no folders'} with {medium}: the classes are the "
            "names of folders with the files of one class each"
        )
    for folder in sets.values():
        other = _classes(os.path.join(options.data, folder), SUFFIXES[medium])
        unknown = sorted(set(other) - set(classes))
        if unknown:
            message = f"{options.name}/{folder} has {len(unknown)} classes that {sets['train']} does not have"
            raise ScaffoldError(message)
    counts = {name: len(files) for name, files in classes.items()}
    few = [name for name, count in counts.items() if count < MIN_PER_CLASS]
    if few:
        message = f"{len(few)} of the classes have fewer than {MIN_PER_CLASS} files; add files or remove them"
        raise ScaffoldError(message)
    names = sorted(counts)
    shown = len(names) <= _MAX_NAMES and sensitive_content(names) is None
    task = task_of_counts(counts, names if shown else None, names[1] if shown else None)
    files = [file for name in names for file in classes[name]]
    return FolderPlan(options, medium, sets, files, counts, task)


def _medium(options: ScaffoldOptions, suffix_counts: Counter[str]) -> Medium:
    total = sum(suffix_counts.values())
    for medium, suffixes in SUFFIXES.items():
        if total and sum(suffix_counts[suffix] for suffix in suffixes) >= _MOST * total:
            return medium
    counts = suffix_counts.most_common(5)
    shown = ", ".join(f"{count:,} {suffix or 'without a suffix'}" for suffix, count in counts) or "no files"
    message = f"{options.name} holds {shown}; expected images, .txt or .wav files, one folder per class, or .npy arrays"
    raise ScaffoldError(message)


def _classes(root: str, suffixes: tuple[str, ...]) -> dict[str, list[str]]:
    """The files of each class, sorted; classes without files are left out."""
    files_by_class = {}
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        if not entry.is_dir() or entry.name.startswith("."):
            continue
        inside = (os.path.join(place, name) for place, _, names in os.walk(entry.path) for name in names)
        files = [file for file in inside if os.path.splitext(file)[1].lower() in suffixes]
        if files:
            files_by_class[entry.name] = sorted(files)
    return files_by_class


Facts = ImageFacts | TextFacts | AudioFacts


def facts_of(plan: FolderPlan) -> Facts:
    """What some files of the training set are like."""
    step = max(1, len(plan.files) // _SAMPLED_FILES)
    some = plan.files[::step]
    for file in some:
        require_file(file)
    if plan.medium == "images":
        return _image_facts(some)
    if plan.medium == "text":
        words = [len(Path(file).read_text(encoding="utf-8", errors="replace").split()) for file in some]
        return TextFacts(words, len(plan.files))
    clips = []
    for file in some:
        try:
            with wave.open(file) as clip:
                clips.append((clip.getframerate(), clip.getnframes()))
        except (wave.Error, OSError, EOFError):
            continue
    clips = [(rate, frames) for rate, frames in clips if frames]
    if not clips:
        raise ScaffoldError(f"no .wav file of {plan.options.name} can be read, or has samples")
    return AudioFacts(Counter(rate for rate, _ in clips).most_common(1)[0][0], [frames for _, frames in clips])


def _image_facts(files: Sequence[str]) -> ImageFacts:
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise ScaffoldError(f"reading images needs Pillow: {install_command('train')}")
    sizes, gray = [], 0
    for file in files:
        try:
            with Image.open(file) as image:
                sizes.append((image.height, image.width))
                gray += image.mode in ("L", "1", "I;16", "I")
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
    if not sizes:
        raise ScaffoldError("no image can be read")
    return ImageFacts(sizes, 1 if gray == len(sizes) else 3)


def _model(plan: FolderPlan, facts: Facts) -> MediaModel:
    match facts:
        case ImageFacts():
            return image_model(facts, plan.task, len(plan.files), plan.validated)
        case TextFacts():
            return text_model(facts, plan.task, plan.validated)
    return audio_model(facts, plan.task, len(plan.files), plan.validated)


def source_tables(plan: FolderPlan, keys: Sequence[str]) -> list[list[str]]:
    """The source with these further keys and its split, or a source for each set."""
    path, medium = plan.options.path, f"type = {toml(plan.medium)}"
    if not plan.sets:
        source = ["[data.source]", medium, f"path = {toml(path)}  # one folder per class", *keys]
        return [source, _split(plan).lines()]
    ordered = sorted(plan.sets.items(), key=lambda pair: SETS.index(pair[0]))
    return [[f"[data.{name}.source]", medium, f"path = {toml(f'{path}/{folder}')}", *keys] for name, folder in ordered]


def _split(plan: FolderPlan) -> SplitPlan:
    return random_split(plan.task, "there are no folders train and test")


def _lines(plan: FolderPlan, facts: Facts, model: str) -> list[tuple[str, str]]:
    plural = {"images": "images", "text": "texts", "audio": "sounds"}[plan.medium]
    split = f"by the folders {', '.join(plan.sets.values())}" if plan.sets else _split(plan).summary
    lines = [
        (plan.options.name, f"{len(plan.files):,} {plural} in {len(plan.counts)} classes, {_shown(facts)}"),
        ("label", f"the folder: {plan.task.summary}"),
        ("split", split),
    ]
    if not plan.validated:
        note = "there is no validation folder: the number of epochs is fixed; move a part of train into val"
        lines.append(("note", note))
    return [*lines, ("model", model)]


def _shown(facts: Facts) -> str:
    match facts:
        case ImageFacts():
            height, width = facts.size
            return f"about {height} × {width} pixels, {'gray' if facts.channels == 1 else 'color'}"
        case TextFacts():
            return f"about {sum(facts.words) // max(1, len(facts.words)):,} words each"
    return f"about {sum(facts.samples) / len(facts.samples) / facts.rate:.3g} s at {facts.rate:,} Hz"
