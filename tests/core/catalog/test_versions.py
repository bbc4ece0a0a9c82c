"""`language.keras.SUPPORTED` is the only list of Keras versions: declarations and documentation agree with it."""

import re
import tomllib
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from seqspec.core.catalog.keras_object import KerasObject
from seqspec.core.catalog.markers import Since, ValuesSince
from seqspec.core.language.keras import NEWEST, OLDEST, SUPPORTED, series

ROOT = Path(__file__).parents[3]


def text_of(version):
    return ".".join(map(str, version))


def test_newest_and_oldest_are_the_ends_of_the_supported_versions():
    assert list(SUPPORTED) == sorted(SUPPORTED)
    assert (SUPPORTED[0], SUPPORTED[-1]) == (OLDEST, NEWEST)
    assert [series(text_of(version)) for version in SUPPORTED] == list(SUPPORTED)


@pytest.mark.parametrize("version", ["3.99", "3.11", "3.1", "4.0"])
def test_declarations_of_unsupported_versions_are_refused(version):
    with pytest.raises(ValueError, match="to SUPPORTED first"):
        Since(version)
    with pytest.raises(ValueError, match="to SUPPORTED first"):
        ValuesSince({"auto": version})
    with pytest.raises(ValueError, match="to SUPPORTED first"):
        type("Newer", (KerasObject,), {"since": version, "__module__": __name__})


def test_declarations_of_supported_versions_are_accepted():
    class Scaled(KerasObject):
        since = text_of(NEWEST)
        factor: Annotated[float, Since(text_of(NEWEST))] = Field(default=1.0, description="The factor.")

    assert Scaled.model_fields["factor"].metadata[0].series == NEWEST


def test_package_requires_the_supported_versions():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    requirements = {line for lines in extras.values() for line in lines if re.match(r"keras\b(?!-)", line)}
    major, minor = NEWEST
    assert requirements == {f"keras>={text_of(OLDEST)},<{major}.{minor + 1}"}


def test_documentation_names_the_supported_versions():
    *others, newest = map(text_of, SUPPORTED)
    assert f"Keras {', '.join(others)} and {newest} with the TensorFlow backend" in (ROOT / "docs/keras.md").read_text()
    assert f"{text_of(OLDEST)} to {newest}" in (ROOT / "docs/faq.md").read_text()
