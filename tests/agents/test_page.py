"""What docs/agents.md shows: each configuration starts a server as its client would, the schema is passed as shown."""

import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from mcp import StdioServerParameters
from mcp.client import Client

from tests import ROOT
from tests.agents.test_mcp import answer, ran

PAGE = (ROOT / "docs/agents.md").read_text(encoding="utf-8")
CLIENTS = {
    "VS Code": ('"servers": {', ".vscode/mcp.json", ("type", "command", "args", "env", "envFile", "cwd")),
    "Claude Code": ('"mcpServers": {', ".mcp.json", ("type", "command", "args", "env")),
    "Cursor": ('"mcpServers": {', ".cursor/mcp.json", ("type", "command", "args", "env", "envFile")),
    "Zed": ('"context_servers": {', "settings.json", ("source", "enabled", "command", "args", "env")),
    "Codex": ("[mcp_servers.seqspec]", ".codex/config.toml", ("command", "args", "env", "cwd", "enabled")),
}
"""Client → the table of servers in its documentation, its file, and the keys of a server (read on 2026-12-04)."""


@pytest.mark.parametrize("client", CLIENTS)
def test_the_configuration_of_a_client(client, project):
    words, file, keys = CLIENTS[client]
    language, body = next(
        block for block in re.findall(r"^```(json|toml) editor\n(.*?)^```", PAGE, re.M | re.S) if words in block[1]
    )
    assert f"{client}" in PAGE and f"`{file}`" in PAGE
    tree = json.loads(body) if language == "json" else tomllib.loads(body)
    (servers,) = tree.values()
    server = servers["seqspec"]
    assert server.keys() <= {*keys} and server.get("type", "stdio") == "stdio"
    command = shutil.which(server["command"], path=str(Path(sys.executable).parent))
    parameters = StdioServerParameters(
        command=command, args=server["args"], cwd=project, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )

    async def session():
        async with Client(parameters) as connected:
            assert (await answer(connected, "check", file="model.seqspec.toml"))["ok"]

    ran(session())


def test_the_tools_of_the_page_are_those_of_the_server(project):
    from tests.agents.conftest import connected

    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]+) \|", PAGE, re.M)))) - {"strict"}

    async def session():
        async with connected(project, "--allow-train") as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == named

    ran(session())
