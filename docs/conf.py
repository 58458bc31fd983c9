"""Sphinx settings."""

from __future__ import annotations

from importlib.metadata import version as _version
from pathlib import Path

project = "custvalue"
author = "The custvalue maintainers"
copyright = "the custvalue maintainers"
release = _version("custvalue")
version = release

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "matplotlib.sphinxext.plot_directive",
]
root_doc = "index"
exclude_patterns = ["_build", "data"]
html_theme = "furo"
html_title = "custvalue"
nitpicky = False

autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
myst_heading_anchors = 3
plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]
plot_working_directory = str(Path(__file__).parents[1])
