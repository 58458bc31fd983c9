"""The simulated firm is a firm: seeded, plausible, and equal however it is read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import custvalue as cv
from custvalue.datasets import FirmSettings, simulate_firm
from custvalue.errors import InputError


def test_one_seed_one_firm() -> None:
    first, again, other = (simulate_firm(n_customers=100, seed=seed) for seed in (1, 1, 2))

    pd.testing.assert_frame_equal(first.orders(), again.orders())  # type: ignore[arg-type]  # pandas
    assert not np.array_equal(first.row_amount, other.row_amount[: first.row_amount.size])


def test_its_drivers_are_those_of_its_log() -> None:
    firm = simulate_firm(n_customers=200, seed=4)
    computed = firm.log().drivers(firm.customers, lines=cv.sum("lines"), km=cv.sum("km"), rows=cv.count())

    np.testing.assert_array_equal(computed["lines"], firm.drivers["lines"])
    np.testing.assert_allclose(computed["km"], firm.drivers["km"], rtol=1e-12)
    np.testing.assert_array_equal(computed["rows"], firm.drivers["orders"] + firm.drivers["returns"])


def test_returns_follow_their_orders_and_are_smaller() -> None:
    frame: pd.DataFrame = simulate_firm(n_customers=300, seed=5).orders()  # type: ignore[assignment]  # pandas
    sold = frame[frame["net_amount"] > 0].set_index("order_id")
    back = frame[frame["net_amount"] < 0].set_index("order_id")

    assert len(back) > 0
    assert (sold.loc[back.index, "net_amount"] >= -back["net_amount"]).all()
    assert (sold.loc[back.index, "ordered_at"] < back["ordered_at"]).all()
    assert (sold.loc[back.index, "customer_id"] == back["customer_id"]).all()


def test_every_pool_has_its_driver() -> None:
    firm = simulate_firm(n_customers=50, seed=6)

    assert set(firm.cost_drivers) == set(firm.costs.names)
    assert set(firm.cost_drivers.values()) <= set(firm.drivers.names)


def test_the_mean_order_is_what_was_asked_for() -> None:
    """The mean of the inverse-gamma spend level is 3 / (4 - 1) x scale = mean_order, within simulation error."""
    firm = simulate_firm(FirmSettings(n_customers=20_000, mean_order=50.0, return_share=0.0), seed=8)
    sums = firm.drivers["orders"] * 0.0 + np.bincount(
        firm.customers.positions(firm.row_customer), weights=firm.row_amount, minlength=len(firm.customers)
    )

    assert (sums / firm.drivers["orders"]).mean() / 100 == pytest.approx(50.0, rel=0.03)


def test_impossible_settings_are_refused_all_at_once() -> None:
    with pytest.raises(InputError, match=r"n_customers.*stop_probability"):
        FirmSettings(n_customers=0, stop_probability=1.0)
