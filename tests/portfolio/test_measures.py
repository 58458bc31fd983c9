"""What each model needs, and what it says to who has something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest
from tests.portfolio._tables import table

from custvalue.data import ValueTable
from custvalue.errors import InputError, SchemaError
from custvalue.portfolio import (
    ClusterClassifier,
    FittedGrid,
    Fixed,
    MeasuredClassifier,
    PerSegment,
    PortfolioClassifier,
    Pyramid,
    TierClassifier,
    TwoTier,
    WeightedMean,
    bootstrap_stability,
    models,
    presets,
)

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "portfolio_measures.rst"
OWN: dict[str, MeasuredClassifier] = {
    "tiers": TierClassifier(measure="value", cuts=WeightedMean("size"), tiers=presets.TWO_TIER),
    "clusters": ClusterClassifier(features=["a", "b"], n_clusters=2),
    "per segment": PerSegment(classifier=TwoTier(measure="margin"), segment="country"),
}


@pytest.mark.parametrize("model", [*models.NAMED.values(), *OWN.values()], ids=[*models.NAMED, *OWN])
def test_the_measures_a_model_names_are_those_it_runs_on_and_no_more(model: MeasuredClassifier) -> None:
    rng = np.random.default_rng(4)
    columns = {name: rng.gamma(2.0, 2.0, 40) for name in model.measures}
    columns |= {name: np.repeat([1.0, 2.0], 20) for name in ("segment", "country") if name in columns}
    full = table(range(40), **columns)

    assert len(model.fit(full).classify(full).customers) == 40
    assert len(set(model.measures)) == len(model.measures)
    for name in model.measures:
        rest = ValueTable(customers=full.customers, measures={n: c for n, c in columns.items() if n != name})
        with pytest.raises(SchemaError, match=f"measure '{name}': expected to be in the table"):
            model.fit(rest)


def test_a_missing_measure_is_told_with_those_needed_and_those_there_once() -> None:
    with pytest.raises(SchemaError) as caught:
        models.SHAPIRO.fit(table("ab", profit=[1.0, 2.0], cost_to_serve=[1.0, 2.0]))
    text = str(caught.value)

    assert "needs net_price, cost_to_serve; the table has profit, cost_to_serve" in text
    assert [fault.where for fault in caught.value.faults] == ["measure 'net_price'"]


def test_what_every_named_model_needs_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    for name, model in models.NAMED.items():
        row = next((line for line in page.splitlines() if line.startswith(f"{name}  ")), "")
        assert row, f"no row for {name}"
        for measure in model.measures:
            assert f"``{measure}``" in page, measure


@pytest.mark.parametrize("model", [*models.NAMED.values(), *OWN.values()], ids=[*models.NAMED, *OWN])
def test_a_frame_is_refused_in_words(model: PortfolioClassifier) -> None:
    frame: Any = pd.DataFrame({"customer": ["a"], "profit": [1.0]})
    with pytest.raises(InputError, match=r"expected ValueTable, got DataFrame\. A frame becomes a table"):
        model.fit(frame)
    values = table("ab", profit=[1.0, 2.0])
    fitted: FittedGrid = Pyramid().fit(values)
    with pytest.raises(InputError, match="expected ValueTable, got DataFrame"):
        fitted.classify(frame)


@attrs.frozen
class Listing:
    """Wrong on purpose: gives a list for a classification."""

    def fit(self, values: ValueTable, /) -> Any:
        """Learn nothing."""
        del values
        return Listed()


@attrs.frozen
class Listed:
    """What it hands back."""

    def classify(self, values: ValueTable, /) -> Any:
        """Label everybody alike."""
        return ["A"] * len(values.customers)


def test_a_list_is_no_classification() -> None:
    values = table("abcd", profit=[1.0, 2.0, 3.0, 4.0], segment=[1, 1, 2, 2])
    for use in (lambda: PerSegment(classifier=Listing()).fit(values), lambda: bootstrap_stability(Listing(), values)):
        with pytest.raises(InputError, match=r"Listed\.classify: expected Classification.*from_labels"):
            use()


def test_fixed_cuts_need_no_further_measure() -> None:
    assert attrs.evolve(models.MARCUS, cuts=Fixed(3)).measures == ("n_purchases", "average_amount")
