"""NBD: the baseline without dropout."""

from __future__ import annotations

import numpy as np
import pytest
from tests.clv._cdnow import one_customer, patterns, summary

from custvalue.clv.nbd import NBD
from custvalue.data import DiscountRate, Horizon, TimeUnit
from custvalue.errors import InputError


def test_cdnow_fit() -> None:
    """Recomputed from the raw log: .384766, 12.07202, -9763.6576."""
    fit = NBD().fit(patterns())

    assert list(fit.params.values()) == pytest.approx([0.384766, 12.07202], rel=2e-6)
    assert fit.log_likelihood == pytest.approx(-9763.6576, abs=1e-4)
    assert "nobody ever leaves" in str(fit.diagnostics)


def test_predictions_agree_with_each_other() -> None:
    """A gamma rate for ever: (r + x) / (alpha + T) a week."""
    fit = NBD().fit(patterns())
    customer = one_customer(3, 100, 200)
    horizon = Horizon(30, TimeUnit.WEEK)
    r, alpha = fit.params.values()
    rate = (r + 3) / (alpha + 200 / 7)

    assert fit.expected_purchases(customer, horizon).values == pytest.approx(30 * rate, rel=1e-12)
    chances = np.array([fit.purchase_pmf(customer, n, horizon).values[0] for n in range(100)])
    assert chances.sum() == pytest.approx(1.0, abs=1e-12)
    assert float(chances @ np.arange(100)) == pytest.approx(30 * rate, rel=1e-9)
    assert fit.latent_means(customer)["purchase_rate"].values == pytest.approx(rate, rel=1e-12)
    assert (fit.probability_alive(summary()).values == 1.0).all()
    assert fit.new_customer_pmf(60, horizon).probabilities.sum() == pytest.approx(1.0, abs=1e-6)


def test_residual_is_rate_over_force() -> None:
    fit = NBD().fit(patterns())
    customer = one_customer(3, 100, 200)
    rate = fit.latent_means(customer)["purchase_rate"].values
    discount = DiscountRate.annual(0.15)

    found = fit.expected_residual_transactions(customer, discount).values
    assert found == pytest.approx(rate / discount.force(TimeUnit.WEEK), rel=1e-12)
    assert np.isposinf(fit.expected_residual_transactions(customer, DiscountRate.annual(0.0)).values).all()


@pytest.mark.parametrize("n", [-1, 2.5, float("nan"), float("inf")])
def test_purchases_come_in_whole_numbers(n: int) -> None:
    fit = NBD().fit(patterns())
    horizon = Horizon(39, TimeUnit.WEEK)

    with pytest.raises(InputError, match="whole number of 0 or more"):
        fit.purchase_pmf(one_customer(2, 200, 270), n, horizon)
    with pytest.raises(InputError, match="whole number of 0 or more"):
        fit.new_customer_pmf(n, horizon)
