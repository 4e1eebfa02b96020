"""How Sphinx makes the site: `make docs` writes it into build/docs.

The pages of this folder are read as they are. What only the code knows for sure (the study file,
the command, the Python objects, columns and names) is written from the code on every build, into
`docs/reference/`, which git ignores; and the pages of the repository's root are brought into
`docs/project/`.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from _generate.pages import write_pages  # noqa: E402
from isogloss import __version__  # noqa: E402

write_pages(HERE)

project = "Isogloss"
author = "The Isogloss developers"
copyright = author
release = version = __version__
language = "en"
highlight_language = "text"  # of blocks that name none

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "_generate.objects",
    "_generate.pages",
]
root_doc = "index"
exclude_patterns = ["_generate", "results/*/tables"]

myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 4

smartquotes = False  # `--flag` is no dash
default_role = "code"  # what docstrings mean by backticks
autodoc_class_signature = "separated"  # nobody calls the constructors
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False

nitpicky = True
nitpick_ignore_regex = [
    # Classes of other packages: their pages are elsewhere, and nothing is looked up on the way.
    (
        r"py:.*",
        r"NDArray|(np|pa|pd|alt|datasets|pyarrow|pandas|altair|collections|pathlib|typing)\..*",
    ),
    # What records hold and nobody outside makes.
    (r"py:class", r"isogloss\.(plan\.plan\.Step|report\.recommend\.constraints\.Limit)"),
]

html_theme = "furo"
html_title = f"Isogloss {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False

linkcheck_anchors = True
linkcheck_timeout = 20
