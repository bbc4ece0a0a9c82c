"""Project policy: its findings have codes, locations and suppressions as all others."""

import json

import pytest
from click.testing import CliRunner

from seqspec.cli.main import cli

POLICY = {
    "properties": {
        "model": {
            "properties": {
                "layers": {
                    "items": {
                        "if": {"properties": {"type": {"const": "Dense"}}},
                        "then": {"properties": {"units": {"maximum": 512, "description": "No layer wider than 512."}}},
                    }
                }
            }
        }
    },
    "required": ["compile"],
}
DOCUMENT = """seqspec = 1

[vars]
width = 1024

[model]
input = [8]
layers = [
  { type = "Dense", units = "$width" },
  { type = "Dense", units = 10 },
]
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "house.schema.json").write_text(json.dumps(POLICY))
    (tmp_path / "pyproject.toml").write_text('[tool.seqspec]\npolicy = "house.schema.json"\n')
    models = tmp_path / "models"
    models.mkdir()
    (models / "model.seqspec.toml").write_text(DOCUMENT)
    return tmp_path


def concise(*arguments):
    result = CliRunner().invoke(cli, ["check", "--format", "concise", *map(str, arguments)])
    return result.exit_code, result.output.splitlines()


def test_the_project_names_its_policy(project):
    file = project / "models" / "model.seqspec.toml"
    assert concise(file) == (
        1,
        [
            f"{file}:1:1: error[SEQ115] policy: missing key compile in the spec",
            f"{file}:9:12: warning[SEQ402] linear-network: model.layers[0] (Dense): the 2 layers with weights form a "
            "single linear map, without any activation between them",
            f"{file}:9:29: error[SEQ115] policy: model.layers[0] (Dense): units must be <= 512, got 1024",
        ],
    )


def test_a_policy_on_the_command_line_comes_first(project):
    other = project / "other.json"
    other.write_text("{}")
    file = project / "models" / "model.seqspec.toml"
    assert concise("--policy", other, "--ignore", "SEQ4", file) == (0, [])


@pytest.mark.parametrize("text", ["{", "[]", '{"type": 3}', None])
def test_a_policy_that_cannot_be_read_is_wrong_use(project, text):
    schema = project / "house.schema.json"
    schema.unlink()
    if text is not None:
        schema.write_text(text)
    status, lines = concise(project / "models" / "model.seqspec.toml")
    assert status == 2
    assert "house.schema.json" in lines[-1]


def test_a_project_without_the_table_has_none(project):
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert concise("--ignore", "SEQ4", project / "models" / "model.seqspec.toml") == (0, [])
