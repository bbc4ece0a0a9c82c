"""What a help says to write, in the syntax of each format."""

import pytest

from seqspec.diagnostics.snippet import Help, Setting, TableName, TomlOnly, Value, Written, joined

RESCALING = {"type": "Rescaling", "scale": 1.0}


@pytest.mark.parametrize(
    ("help", "toml", "json", "python"),
    [
        (
            Help("put ", Value(RESCALING), " before"),
            'put { type = "Rescaling", scale = 1.0 } before',
            'put { "type": "Rescaling", "scale": 1.0 } before',
            "put Rescaling(scale=1.0) before",
        ),
        (
            Help(Setting("class_weight", {"0": Written("1.5")}), " in ", TableName(("fit",))),
            "class_weight = { 0 = 1.5 } in [fit]",
            '"class_weight": { "0": 1.5 } in "fit"',
            'class_weight={"0": 1.5} in fit()',
        ),
        (
            Help(Setting("layers", [{...: ...}]), TomlOnly(", or a header")),
            "layers = [{ ... }], or a header",
            '"layers": [{ ... }]',
            "layers=[{...}]",
        ),
        (
            Help("declare ", TableName(("data", "validation"))),
            "declare [data.validation]",
            'declare "validation" in "data"',
            "declare validation",
        ),
        (Help("write ", Setting("bias", False)), "write bias = false", 'write "bias": false', "write bias=False"),
        (Help("set ", Setting("shape", ["T", 3])), 'set shape = ["T", 3]', 'set "shape": ["T", 3]', 'set shape=["T", 3]'),
    ],
)
def test_formats(help, toml, json, python):
    assert (help.render("toml"), help.render("json"), help.render("python")) == (toml, json, python)


def test_helps_are_joined():
    ways = [Help("set ", Setting("unroll", True)), "export to LiteRT"]
    assert joined(", or ", ways).render("json") == 'set "unroll": true, or export to LiteRT'
    assert ("no, " + Help(Setting("a", 1)) + "!").parts == ("no, ", Setting("a", 1), "!")
