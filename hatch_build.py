"""What the build of a wheel does beside packing: the page of the playground, where npm can build it.

SEQSPEC_PAGE=require makes a build without the page fail; SEQSPEC_PAGE=skip builds no page, where none is wanted, as
for the hooks of pre-commit, which only check.
"""

import os
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface):
    """Builds the page before a wheel or an sdist is packed, unless it is there and as new as its sources."""

    def initialize(self, version, build_data):
        wanted = os.environ.get("SEQSPEC_PAGE")
        if version == "editable" or wanted == "skip" or (wanted is None and "PRE_COMMIT" in os.environ):
            return
        page = _script()
        if page is None or page.is_built():
            return
        try:
            page.build()
        except page.Failed as error:
            if wanted == "require":
                raise SystemExit(f"the page of the playground: {error}")
            self.app.display_warning(f"without the page of `seqspec serve`: {error}")


def _script():
    """The script that builds the page; None in a tree without it."""
    path = Path(__file__).resolve().parent / "scripts" / "page"
    if not path.is_file():
        return None
    loader = SourceFileLoader("seqspec_page", str(path))
    spec = spec_from_loader("seqspec_page", loader)
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
