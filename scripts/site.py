"""Hooks of mkdocs for the documentation site: addresses of the repository, and the pages made of the code.

The references are made of the catalog (layers), of click (commands) and of docstrings (Python API, by mkdocstrings),
so that none can be out of date.
"""

import inspect
import logging
import re
import shutil
import sys
from pathlib import Path

import click
from mkdocs.structure.files import File
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import seqspec  # noqa: E402
import seqspec.plugins  # noqa: E402
from scripts.links import repository  # noqa: E402
from seqspec.cli.main import cli  # noqa: E402
from seqspec.core.catalog.index import LAYERS, layer_class  # noqa: E402
from seqspec.core.document.base_table import Table  # noqa: E402
from seqspec.core.schema.descriptions import describe_argument, json_default, summary  # noqa: E402

PLAYGROUND = ROOT / "build" / "playground"
"""What `scripts/page --browser` builds, and the site has in its folder `playground`."""

_PAGES = []
"""The pages in the order of the navigation, once it is known."""

_LOG = logging.getLogger("mkdocs.hooks.site")
_BUTTON = re.compile(r"^<button.*</button>\n", re.M)
_SEARCH = 'data-md-component="search"'
_EMPTY = re.compile(r"<th[^>]*></th>")
_OUTSIDE = re.compile(r"(\]\()((?:\.\./)+)((?!docs/)[\w./-]+)(#[\w-]+)?\)")


def on_config(config):
    config["repo_url"] = repository()
    config["repo_name"] = repository().removeprefix("https://github.com/")
    return config


def on_nav(nav, config, files):
    _PAGES[:] = nav.pages


def on_files(files, config):
    made = {"reference/layers.md": layers(), "reference/cli.md": commands(), "reference/api.md": api()}
    for name, text in made.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links to files outside docs/ lead to the repository."""
    folder = Path(page.file.src_uri).parent

    def replaced(found):
        target = (ROOT / "docs" / folder / (found[2] + found[3])).resolve()
        if not target.exists() or (ROOT / "docs") in target.parents:
            return found[0]
        kind = "tree" if target.is_dir() else "blob"
        return f"{found[1]}{repository()}/{kind}/main/{target.relative_to(ROOT).as_posix()}{found[4] or ''})"

    if not _has_playground():
        markdown = _BUTTON.sub("", markdown)
    # A second word after the language, for the tests of the examples, is none of Markdown.
    markdown = re.sub(r"^```(\w+) [^\n]+$", r"```\1", markdown, flags=re.M)
    return _OUTSIDE.sub(replaced, markdown)


def on_page_content(html, page, config, files):
    """The empty corner of a table is not a header."""
    return _EMPTY.sub("<td></td>", html)


def on_post_template(output_content, template_name, config):
    return named_search(output_content) if template_name.endswith(".html") else output_content


def on_post_build(config):
    _write_texts_for_models(config)
    if _has_playground():
        shutil.copytree(PLAYGROUND, Path(config["site_dir"]) / "playground", dirs_exist_ok=True)
    else:
        _LOG.info("The front page has no playground: scripts/page --browser builds it.")


def _write_texts_for_models(config):
    """The pages that a language model reads: an index of the pages, and the language of specs as a whole."""
    pages = [f"- [{page.title}]({page.url})" for page in _PAGES]
    head = f"# {config['site_name']}\n\n> {config['site_description']}\n"
    whole = "- [How a spec is written, with all that a model needs to know](llms-full.txt)"
    folder = Path(config["site_dir"])
    (folder / "llms.txt").write_text("\n".join([head, whole, *pages]) + "\n", encoding="utf-8")
    shutil.copyfile(ROOT / "seqspec/agents/language.md", folder / "llms-full.txt")


def _has_playground():
    return (PLAYGROUND / "python" / "packages.zip").is_file()


def on_post_page(output, page, config):
    return named_search(output)


def named_search(output):
    """A name for the dialog of the search, which the theme leaves without one."""
    return output.replace('data-md-component="search" role="dialog"', f'{_SEARCH} role="dialog" aria-label="Search"')


def layers():
    """Every layer with its arguments, by the module of the catalog that declares it."""
    families = {}
    for name in LAYERS:
        layer = layer_class(name)
        families.setdefault(layer.__module__.rpartition(".")[2].replace("_", " "), []).append((name, layer))
    out = ["# Layers\n", f"{len(LAYERS)} layers and base models, with the arguments and defaults of Keras.\n"]
    for family, found in sorted(families.items()):
        out.append(f"## {family.capitalize()}\n")
        for name, layer in found:
            out += [f"### {name}\n", f"{_plain(summary(layer))}\n"]
            rule = layer.compute_output_spec.__doc__
            if rule:
                out.append(f"Output: {_plain(rule.strip().splitlines()[0])}\n")
            if layer.model_fields:
                out += [*_arguments(layer), ""]
    return "\n".join(out) + "\n"


def _arguments(model):
    """A table of the fields of a Pydantic model."""
    out = ["| argument | default | description |", "| --- | --- | --- |"]
    for key, field in model.model_fields.items():
        shown = "required" if field.is_required() else f"`{_cell(str(json_default(field)))}`"
        out.append(
            f"| `{field.alias or key}` | {shown} | {_plain(_cell(field.description or describe_argument(field)))} |"
        )
    return out


def commands():
    """Every command with its help as click prints it."""
    out = ["# Commands\n"]
    context = click.Context(cli, info_name="seqspec")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        inner = click.Context(command, info_name=name, parent=context, terminal_width=100, max_content_width=100)
        out += [f"## seqspec {name}\n", f"```text\n{command.get_help(inner)}\n```\n"]
        for each in getattr(command, "commands", {}).values():
            deeper = click.Context(each, info_name=each.name, parent=inner, terminal_width=100, max_content_width=100)
            out += [f"### seqspec {name} {each.name}\n", f"```text\n{each.get_help(deeper)}\n```\n"]
    return "\n".join(out) + "\n"


def api():
    """Every public name with its docstring, by kind; docs/dev/public-api.md says what is public."""
    kinds = {"Functions": [], "Specs": [], "Results": [], "Errors": []}
    for name in seqspec.__all__:
        found = getattr(seqspec, name)
        if inspect.isfunction(found):
            kinds["Functions"].append(name)
        elif inspect.isclass(found) and issubclass(found, Exception):
            kinds["Errors"].append(name)
        elif inspect.isclass(found):
            kinds["Specs" if issubclass(found, BaseModel) else "Results"].append(name)
    out = ["# Python API reference\n", _API]
    for kind, names in kinds.items():
        out.append(f"## {kind}\n")
        for name in names:
            found = getattr(seqspec, name)
            out.append(f"::: seqspec.{name}\n")
            if kind == "Specs":
                # The fields are in the table; Pydantic has many methods that are none of ours, and what a class
                # overrides is for reading documents.
                inherited = {key for base in found.__mro__[1:] for key in vars(base)}
                methods = sorted(
                    key
                    for key in vars(found).keys() - inherited
                    if callable(getattr(found, key)) and _is_public(found, key)
                )
                out[-1] += f"    options: {{ members: {methods} }}\n"
                out += [*_arguments(found), ""]
    out += ["## seqspec.testing\n", "::: seqspec.testing.assert_checks\n"]
    out += [
        "## seqspec.plugins\n",
        "What a package with rules, layers or loggers of its own imports: see [Plugins](../plugins.md).\n",
    ]
    out += [f"::: seqspec.plugins.{name}\n" for name in seqspec.plugins.__all__ if name not in seqspec.__all__]
    return "\n".join(out) + "\n"


def _is_public(found, key):
    # Table, the base class of all, has methods for readers and writers of specs.
    return not key.startswith(("_", "model_")) and key not in vars(Table)


_API = """\
Every public name of the package, from its docstrings. [Python](../python.md) is the guide with examples;
the classes of `seqspec.layers` are on the page [Layers](layers.md), with the same arguments. Sizes are integers;
a shape includes the batch size, and an unknown size is `None`.
"""


def _cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def _plain(text):
    # What looks like markup in a docstring is code there.
    return text.replace("<", "&lt;").replace("[", "\\[")
