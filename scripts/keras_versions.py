"""The supported Keras versions, and the files that repeat them.

`SUPPORTED` in seqspec/core/language/keras.py is the one list; `since` and `Since` in the catalog say what came with
which version. `scripts/generate` writes the rest: the requirements of the package, and what the documentation says.
"""

import re
from importlib import import_module
from itertools import groupby
from pathlib import Path

from seqspec.core.catalog.index import LAYERS, layer_class
from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import Since, ValuesSince, marker
from seqspec.core.language.keras import NEWEST, OLDEST, SUPPORTED

ROOT = Path(__file__).resolve().parent.parent
INDEXES = ("losses", "metrics", "optimizers", "schedules")
MODULES = ("callbacks", "initializers", "regularizers", "constraints")


def text_of(version):
    return ".".join(map(str, version))


def sentences():
    """The patterns of what each file says of the versions, with the current text."""
    *others, _ = SUPPORTED
    oldest, newest, next_one = text_of(OLDEST), text_of(NEWEST), text_of((NEWEST[0], NEWEST[1] + 1))
    series = r"\d+\.\d+"
    return {
        "pyproject.toml": [(rf'(?<="keras)>={series},<{series}(?=")', f">={oldest},<{next_one}")],
        "README.md": [(rf"(?<=supported version \(){series} and {series}", f"{oldest} and {newest}")],
        "CHANGELOG.md": [(rf"(?<=`keras\.applications` in Keras ){series} to {series}", f"{oldest} to {newest}")],
        "docs/faq.md": [(rf"(?<=Which versions of Keras\?\*\* ){series} to {series}", f"{oldest} to {newest}")],
        "docs/saved-models.md": [(rf"(?<= of Keras 2\.12 to ){series}", newest)],
        "docs/keras.md": [
            (
                rf"^Keras [\d., ]+ and {series}(?= with the TensorFlow backend)",
                f"Keras {', '.join(map(text_of, others))} and {newest}",
            ),
            (rf"(?<=targets the newest version, ){series}", newest),
            (r"(?<=\| since \| class or argument \|\n\| --- \| --- \|\n)(?:\|.*\n)+", news()),
        ],
    }


def versioned_files(texts):
    """The text of each file that names Keras versions; `texts` has those that other parts of generate have changed."""
    found = {}
    for file, replacements in sentences().items():
        text = texts.get(file) or (ROOT / file).read_text(encoding="utf-8")
        for pattern, now in replacements:
            text, count = re.subn(pattern, now, text, flags=re.M)
            if count == 0:
                raise ValueError(f"{file} does not match {pattern}: adapt scripts/keras_versions.py to its new text")
        found[file] = text
    return found


def classes():
    """The Keras classes of the catalog."""
    yield from map(layer_class, LAYERS)
    for name in INDEXES:
        yield from import_module(f"seqspec.core.catalog.{name}").CLASSES.values()
    for name in MODULES:
        module = import_module(f"seqspec.core.catalog.{name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, KerasObject) and value.__module__ == module.__name__:
                yield value


def news():
    """The rows of the table of classes, arguments and values that are newer than the oldest supported version."""
    public = [cls for cls in classes() if not cls.__name__.startswith("_")]
    names = [cls.__name__ for cls in public]
    rows = ""
    for version in map(text_of, SUPPORTED[1:]):
        entries = [code(cls.__name__) for cls in public if cls.since == version]
        entries = [", ".join(entries)] if entries else []
        arguments = []
        for cls in public:
            if new := [*new_arguments(cls, version)]:
                kind = "the metric " if ".metrics." in cls.__module__ and names.count(cls.__name__) > 1 else ""
                arguments.append((listed(new), kind + code(cls.__name__)))
        arguments.sort(key=lambda entry: entry[0])
        for new, owners in groupby(arguments, key=lambda entry: entry[0]):
            entries.append(f"{new} of {listed([owner for _, owner in owners])}")
        if entries:
            rows += f"| {version} | {'; '.join(entries)} |\n"
    return rows


def new_arguments(cls, version):
    """The arguments of a class, and the values of arguments, that came with a version."""
    for name, field in cls.model_fields.items():
        since, values = marker(field.metadata, Since), marker(field.metadata, ValuesSince)
        if since is not None and since.version == version and cls.since != version:
            yield code(name)
        elif values is not None:
            yield from (code(f'{name} = "{value}"') for value, added in values.versions.items() if added == version)


def code(text):
    return f"`{text}`"


def listed(words):
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last
