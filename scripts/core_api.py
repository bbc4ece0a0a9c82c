"""What the extensions import of the core, as a page: docs/dev/core-api.md.

`scripts/generate --check` fails where an extension imports a name that the page does not have, so that the page is the
contract between the core and its extensions, and a new name in it is seen in a review.
"""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/dev/core-api.md"
EXTENSIONS = ("editor", "programs", "saved_models", "training")
HEAD = """# What extensions use of the core

Written by `scripts/generate` from the imports of {extensions}: {names} names of {modules} modules. An extension
imports nothing else of `seqspec/core`; a new name appears in this page, and so in the review of the change. Where a
row has the module alone, extensions import it as a whole and use its documented names.

| module of `seqspec.core` | what it holds | names | used by |
| --- | --- | --- | --- |
"""


def is_module(name):
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()


def imports_of_the_core():
    """Module → name, or an empty text for the module itself → the extensions that import it."""
    used = defaultdict(lambda: defaultdict(set))
    for extension in EXTENSIONS:
        for path in sorted((ROOT / "seqspec" / extension).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seqspec.core"):
                    for alias in node.names:
                        whole = f"{node.module}.{alias.name}"
                        module, name = (whole, "") if is_module(whole) else (node.module, alias.name)
                        used[module][name].add(extension)
    return used


def summary(module):
    path = ROOT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def page():
    used = imports_of_the_core()
    rows = []
    for module, names in sorted(used.items()):
        listed = ", ".join(f"`{name}`" for name in sorted(names) if name)
        users = ", ".join(sorted({extension for users in names.values() for extension in users}))
        rows.append(f"| `{module.removeprefix('seqspec.core.')}` | {summary(module)} | {listed} | {users} |\n")
    extensions = ", ".join(f"`{name}`" for name in EXTENSIONS)
    head = HEAD.format(extensions=extensions, names=sum(map(len, used.values())), modules=len(used))
    return {PAGE: head + "".join(rows)}
