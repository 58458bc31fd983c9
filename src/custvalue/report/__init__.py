"""A valuation as one HTML file. Needs the ``report`` extra (jinja2, matplotlib)."""

from custvalue.report._html import to_html

__all__ = ["to_html"]
