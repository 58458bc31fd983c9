"""Parameters set by hand: they predict, and claim nothing that only a fit can know."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.clv._cdnow import patterns, summary
from tests.clv._cdnow_spend import cdnow

from custvalue.clv import (
    BGNBD,
    MBGNBD,
    FittedBuyTillYouDie,
    GammaGamma,
    RenewalCounts,
    ShiftedBetaGeometric,
    compare,
    likelihood_ratio_test,
)
from custvalue.clv._kernels.bg_nbd import BG_NBD
from custvalue.data import DiscountRate, Horizon, TimeUnit
from custvalue.errors import InputError

PAPER = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
HALF = Horizon(26, TimeUnit.WEEK)


def test_no_likelihood_of_another_place() -> None:
    """The old one is not that of the new parameters; row by row the true one can be had."""
    fit = BGNBD().fit(patterns())
    for moved in (fit.with_params({"r": 5.0}), fit.with_theta(fit.estimate.theta + 1.0)):
        assert all(math.isnan(value) for value in (moved.log_likelihood, moved.aic, moved.bic))
        assert not moved.diagnostics.converged
        assert "parameters set by hand, not fitted" in repr(moved)
        assert "log-likelihood" not in repr(moved) + repr(moved.estimate)
        assert "converged" not in repr(moved)
    rows = patterns()
    assert rows.weights @ fit.with_params(PAPER).row_log_likelihood(rows) == pytest.approx(-9582.43, abs=0.01)


def test_no_standard_errors_of_another_place() -> None:
    """Refused in words, as are bounds made of them; draws of one's own still give bounds."""
    fit, customers = BGNBD().fit(patterns()), summary()
    moved = fit.with_params(PAPER)
    ahead = moved.expected_purchases(customers, HALF)
    for ask in (lambda: moved.standard_errors, moved.estimate.confidence_intervals, ahead.interval):
        with pytest.raises(InputError, match="set by hand"):
            ask()
    draws = moved.estimate.draws(np.tile(moved.estimate.theta, (3, 1)), "three times the same")
    assert np.array_equal(ahead.with_draws(draws).interval(0.9).upper, ahead.values)


def test_predictions_are_those_of_the_parameters() -> None:
    """Against the kernel, which knows nothing of fits; named parameters move, the others stay."""
    moved = MBGNBD().fit(patterns()).with_params({"r": 0.5})
    plain = BGNBD().fit(patterns()).with_params(PAPER)
    expected = BG_NBD.new_purchases(list(PAPER.values()), np.array([26.0]))[0]

    assert float(plain.new_customer_purchases(HALF)) == pytest.approx(expected, rel=1e-12)
    assert moved.params["r"] == pytest.approx(0.5)
    assert moved.params["alpha"] == pytest.approx(MBGNBD().fit(patterns()).params["alpha"])


def test_they_are_not_compared() -> None:
    fit = BGNBD().fit(patterns())
    moved = fit.with_params(PAPER)
    with pytest.raises(InputError, match="published with parameters set by hand"):
        compare({"fit": fit, "published": moved})
    with pytest.raises(InputError, match="full with parameters set by hand"):
        likelihood_ratio_test(fit, moved)


def test_one_part_set_by_hand_leaves_the_whole_without_likelihood() -> None:
    customers = cdnow()
    spend = GammaGamma().fit(customers)
    whole = FittedBuyTillYouDie(purchases=BGNBD().fit(customers).with_params(PAPER), spend=spend)
    value = whole.lifetime_value(customers, horizon=HALF, discount=DiscountRate.annual(0.1))

    assert math.isnan(whole.estimate.log_likelihood)
    assert str(whole.diagnostics).startswith("parameters set by hand, not fitted")
    assert np.isfinite(value.values).all()
    with pytest.raises(InputError, match="set by hand"):
        value.interval()


def test_a_published_curve_has_no_bounds() -> None:
    """Survival of the sBG after one and two renewals: b / (a + b) and b (b + 1) / ((a + b) (a + b + 1))."""
    fit = ShiftedBetaGeometric().fit(RenewalCounts.from_survivors([1000, 869, 743, 653]))
    curve = fit.with_params({"alpha": 0.668, "beta": 3.806}).curve(2)
    first = 3.806 / 4.474

    assert curve.survival == pytest.approx([1.0, first, first * 4.806 / 5.474])
    assert np.isnan([curve.lower[1:], curve.upper[1:]]).all()
