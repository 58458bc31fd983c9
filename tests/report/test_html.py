"""The report is one safe file with everything in it."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from pathlib import Path

import attrs
import duckdb
import pytest
from tests.pipeline._logs import LEDGER, TERMS, dirty_orders, log_of

import custvalue as cv
from custvalue.errors import InputError
from custvalue.pipeline import CustomerValuation
from custvalue.report import to_html

EVIL = "<script>alert(1)</script>"


class Tags(HTMLParser):
    """Collects tags and the addresses they load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See one tag."""
        self.tags.append(tag)
        self.loaded += [
            value or "" for name, value in attrs if name in {"src", "href"} and not (value or "#").startswith("#")
        ]


@pytest.fixture(scope="module")
def value() -> CustomerValuation:
    """A valuation whose best customer has an evil name."""
    frame = dirty_orders()
    best = frame.groupby("customer_id")["net_amount"].sum().idxmax()
    log = log_of(frame.replace({"customer_id": {best: EVIL}}))
    drivers = log.drivers(orders=cv.count())
    return attrs.evolve(TERMS, allocation=cv.VolumeBased(base="orders")).run(log, costs=LEDGER, drivers=drivers)


def test_the_page_holds_the_figures_of_the_valuation(value: CustomerValuation, tmp_path: Path) -> None:
    page = to_html(value, tmp_path / "value.html", title="Spring")

    assert (tmp_path / "value.html").read_text(encoding="utf-8") == page
    assert page.count("<svg") == 5
    assert all(text in page for text in value.highlights().values())
    assert "missing_ids=MissingIds.DROP" in page


def test_names_from_the_data_cannot_become_markup(value: CustomerValuation) -> None:
    page = to_html(value, title=EVIL)

    parsed = Tags()
    parsed.feed(page)
    assert "script" not in parsed.tags
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_nothing_is_loaded_from_anywhere(value: CustomerValuation) -> None:
    parsed = Tags()
    parsed.feed(to_html(value))

    assert parsed.loaded == []


def test_a_valuation_without_lifetime_values_can_be_reported() -> None:
    bare = attrs.evolve(TERMS, model=None).run(log_of(duckdb.from_df(dirty_orders(60))))

    assert to_html(bare).count("<svg") == 4


def test_all_remarks_on_the_rows_are_there(value: CustomerValuation) -> None:
    page = to_html(value)

    assert "rows of one customer and day are one" in " ".join(value.report.remarks)
    assert all(escape(remark) in page for remark in value.report.remarks)


def test_the_terms_are_said_in_words(value: CustomerValuation) -> None:
    page = to_html(value)

    top = page[: page.index("What was done with the rows")]
    assert "35 % of revenue" in top
    assert "over 3 years, discounted at 10 % a year" in top


def test_what_is_no_valuation_is_refused(tmp_path: Path, value: CustomerValuation) -> None:
    frame: CustomerValuation = value.to_frame()  # type: ignore[assignment]  # wrong on purpose
    with pytest.raises(InputError, match=r"expected a CustomerValuation, got DataFrame"):
        to_html(frame)
    with pytest.raises(InputError, match=r"no folder .*nowhere"):
        to_html(value, tmp_path / "nowhere" / "value.html")
