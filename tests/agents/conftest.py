"""A client of the SDK that talks to a server in a process of its own, as an agent does."""

import os
import sys
from contextlib import asynccontextmanager

import pytest
from mcp import StdioServerParameters
from mcp.client import Client

from tests import ROOT

SPEC = """seqspec = 1

[model]
input = [4]
layers = [
  { type = "Dense", units = 8, activation = "relu" },
  { type = "Dense", units = 3, activation = "softmax" },
]

[compile]
loss = "sparse_categorical_crossentropy"
"""


@pytest.fixture
def project(tmp_path):
    """A project with a spec and a program."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "model.seqspec.toml").write_text(SPEC)
    (folder / "train.py").write_text(
        "import keras\n\nmodel = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\n"
        'model.compile("adam", "mse")\n'
    )
    return folder


@asynccontextmanager
async def connected(project, *options, **environment):
    """A client of a server of a project."""
    paths = [*filter(None, [environment.pop("first", "")]), str(ROOT)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths)), **environment}
    arguments = ["-m", "seqspec", "mcp", "--root", str(project), *options]
    async with Client(StdioServerParameters(command=sys.executable, args=arguments, env=env)) as client:
        yield client
