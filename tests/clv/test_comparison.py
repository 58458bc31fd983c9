"""Comparing fits: order, weights, tests, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.clv._cdnow import make_summary, patterns
from tests.clv._cdnow_spend import cdnow

from custvalue._persist import load, save
from custvalue.clv import (
    BGBB,
    GammaGamma,
    LogNormalPrior,
    LognormalSpend,
    NonPositive,
    NormalMargin,
    OpportunityPatterns,
    RenewalCounts,
    ShiftedBetaGeometric,
    StaticCovariates,
    WithCovariates,
)
from custvalue.clv._estimate import SupportsEstimate
from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.buy_till_you_die import BuyTillYouDie, FittedBuyTillYouDie
from custvalue.clv.cnbd_k import BGCNBDk, MBGCNBDk, TimedSummary
from custvalue.clv.comparison import compare, likelihood_ratio_test
from custvalue.clv.nbd import NBD
from custvalue.clv.pareto_nbd import ParetoNBD
from custvalue.data import Currency, TimeUnit
from custvalue.errors import InputError


def test_cdnow_order() -> None:
    """Log-likelihoods -9582.14, -9582.43, -9594.98 and -9763.66; four parameters but for the last."""
    fits = [NBD().fit(patterns()), BGNBD().fit(patterns()), MBGNBD().fit(patterns()), ParetoNBD().fit(patterns())]
    found = compare(fits)
    frame = found.to_frame()

    assert isinstance(frame, pd.DataFrame)
    assert frame["model"].tolist() == ["MBGNBD", "BGNBD", "ParetoNBD", "NBD"]
    assert frame["aic"].iloc[0] == pytest.approx(2 * 9582.1357 + 8, abs=1e-3)
    assert frame["aic_weight"].sum() == pytest.approx(1.0)
    assert found.best == "MBGNBD"


def test_two_fits_of_one_class_are_numbered() -> None:
    fit = NBD().fit(patterns())

    assert compare([fit, fit]).names == ("NBD", "NBD 2")
    assert compare({"spring": fit}).best == "spring"


def test_dropout_is_real_on_cdnow() -> None:
    """Twice 9763.6576 - 9582.4292, two more parameters; chi-square tail by exp(-x / 2)."""
    test = likelihood_ratio_test(NBD().fit(patterns()), BGNBD().fit(patterns()))

    assert test.statistic == pytest.approx(362.4568, abs=1e-3)
    assert test.degrees_of_freedom == 2
    assert test.p_value == pytest.approx(2.0**0 * 2.718281828459045 ** (-362.4568 / 2), rel=1e-2)


def test_refusals() -> None:
    one, other = NBD().fit(patterns()), BGNBD().fit(patterns())
    half = patterns("weeks_78")
    fewer = type(half)(x=half.x[:200], t_x=half.t_x[:200], T=half.T[:200], weights=half.weights[:200], unit=half.unit)
    with pytest.raises(InputError, match="at least one"):
        compare([])
    with pytest.raises(InputError, match="larger one"):
        likelihood_ratio_test(other, one)
    with pytest.raises(InputError, match="same customers"):
        compare([one, NBD().fit(fewer)])
    with pytest.raises(InputError, match="same customers"):
        likelihood_ratio_test(NBD().fit(fewer), other)


def test_likelihoods_of_other_data_are_not_ranked() -> None:
    """Without the times between purchases, CNBD-2 has the density of other data than BG/NBD, or than CNBD-3."""
    plain, two = BGNBD().fit(patterns()), BGCNBDk(k=2).fit(patterns())
    for fits in ([plain, two], [two, BGCNBDk(k=3).fit(patterns())]):
        with pytest.raises(InputError, match="times between purchases"):
            compare(fits)
    with pytest.raises(InputError, match="times between purchases"):
        likelihood_ratio_test(NBD().fit(patterns()), two)
    assert len(compare([two, MBGCNBDk(k=2).fit(patterns())]).names) == 2
    assert len(compare([plain, BGCNBDk(k=1).fit(patterns())]).names) == 2


def test_timed_likelihoods_compare_over_k() -> None:
    """Purchases every ten days; the times between them given."""
    days = [np.arange(0, 10 * n, 10) for n in range(1, 9)] * 5
    customer, day = np.repeat(np.arange(40), [len(d) for d in days]), np.concatenate(days)
    x = np.array([len(d) - 1 for d in days])
    summary = make_summary(x, 10 * x, np.full(40, 100))
    dates = summary.first_at.astype("datetime64[D]")[customer] + day
    timed = TimedSummary.from_purchases(summary, summary.customers.ids[customer], dates)
    found = compare({"random": BGNBD().fit(summary), "regular": BGCNBDk(k=3).fit(timed)})

    assert found.best == "regular"


def test_units_of_time_are_not_mixed() -> None:
    """A density in days is that in weeks over 7 a purchase: the same fit seems 2,457 ln 7 = 4,781 nats worse."""
    weeks, days = patterns(), patterns(unit=TimeUnit.DAY)
    small, large = NBD().fit(days), BGNBD().fit(weeks)
    n_repeats = float(weeks.weights @ weeks.x)

    assert NBD().fit(weeks).log_likelihood - small.log_likelihood == pytest.approx(n_repeats * np.log(7), abs=1e-4)
    with pytest.raises(InputError, match="one: purchase times in days; other: purchase times in weeks") as found:
        compare({"one": small, "other": large})
    assert "in_unit" in str(found.value)
    with pytest.raises(InputError, match="restricted: purchase times in days; full: purchase times in weeks"):
        likelihood_ratio_test(small, large)


def test_currencies_are_not_mixed() -> None:
    euros = attrs.evolve(cdnow(), currency=Currency.of("EUR"))
    with pytest.raises(InputError, match=r"mean repeat spend in USD.*mean repeat spend in EUR"):
        compare([GammaGamma().fit(cdnow()), LognormalSpend().fit(euros)])


def test_kinds_of_data_are_not_mixed() -> None:
    """Purchases in time, at opportunities, spend, contracts, and purchases together with spend."""
    x, t_x = np.array([0, 1, 1, 2, 3]), np.array([0, 1, 3, 3, 3])
    years = OpportunityPatterns(x=x, t_x=t_x, n=np.full(5, 3), weights=np.array([40.0, 20, 9, 8, 12]))
    purchases, spend = BGNBD().fit(cdnow()), GammaGamma().fit(cdnow())
    fits: dict[str, SupportsEstimate] = {
        "time": purchases,
        "spend": spend,
        "gifts": BGBB().fit(years),
        "contracts": ShiftedBetaGeometric().fit(RenewalCounts.from_survivors([1000, 869, 743, 653])),
        "both": FittedBuyTillYouDie(purchases=purchases, spend=spend),
    }
    for name, other in fits.items():
        if name != "time":
            with pytest.raises(InputError, match="likelihoods of the same data in one unit"):
                compare({"time": purchases, name: other})
    assert len(compare([fits["both"], FittedBuyTillYouDie(purchases=MBGNBD().fit(cdnow()), spend=spend)]).names) == 2


def test_covariates_change_the_model_and_not_the_data() -> None:
    customers = cdnow()
    known = StaticCovariates.from_columns(customers.customers, {"odd": np.arange(len(customers)) % 2})
    fit = WithCovariates(model=BGNBD(), covariates=known, purchase=("odd",)).fit(customers)

    assert len(compare([fit, BGNBD().fit(customers)]).names) == 2


def test_a_part_without_the_times_between_purchases_is_noticed() -> None:
    spend = GammaGamma().fit(cdnow())
    two, plain = BGCNBDk(k=2).fit(cdnow()), BGNBD().fit(cdnow())
    with pytest.raises(InputError, match="times between purchases"):
        compare([FittedBuyTillYouDie(purchases=each, spend=spend) for each in (two, plain)])


@pytest.mark.parametrize("junk", [[1, 2], 7, "fits", [None], [BGNBD()], {"model": GammaGamma()}])
def test_what_is_no_fit_is_refused_in_words(junk: Any) -> None:
    with pytest.raises(InputError, match="compare"):
        compare(junk)
    with pytest.raises(InputError, match="likelihood_ratio_test"):
        likelihood_ratio_test(junk, junk)


def test_saved_fits_know_their_unit(tmp_path: Path) -> None:
    weeks, days = NBD().fit(patterns()), NBD().fit(patterns(unit=TimeUnit.DAY))
    save(weeks, tmp_path / "weeks.json")
    again = load(tmp_path / "weeks.json")

    assert again.estimate.density == weeks.estimate.density
    with pytest.raises(InputError, match="in one unit"):
        compare([again, days])


def test_penalised_fits_are_named() -> None:
    """Their likelihood is not the highest: against a plain NBD the statistic is too small for a chi-square."""
    plain, full = NBD().fit(patterns()), BGNBD().fit(patterns())
    pulled = BGNBD(prior=LogNormalPrior(sd=0.3)).fit(patterns())
    test = likelihood_ratio_test(plain, pulled)

    assert test.statistic < likelihood_ratio_test(plain, full).statistic - 1
    assert test.p_value == pytest.approx(stats.chi2.sf(test.statistic, 2))
    assert "penalty, so below its highest likelihood: full" in test.note
    assert "p-value does not hold" in test.note
    assert "penalty, so below its highest likelihood: pulled" in repr(compare({"plain": full, "pulled": pulled}))
    assert likelihood_ratio_test(plain, full).note == compare([plain, full]).note == ""
    held = BGNBD(prior=LogNormalPrior(sd=0.01)).fit(patterns())
    with pytest.raises(
        InputError, match=r"larger one that contains it.*penalty, so below its highest likelihood: full"
    ):
        likelihood_ratio_test(plain, held)


def test_parts_fitted_to_other_customers_are_refused() -> None:
    """A third of the repeat customers spent nothing: one spend model leaves them out, the other does not."""
    plain = cdnow().take(np.arange(0, 2357, 4))
    amounts = np.where(np.arange(len(plain)) % 3 == 0, 0, plain.require("repeat_amount"))
    summary = attrs.evolve(plain, repeat_amount=amounts)
    spend = (GammaGamma(non_positive=NonPositive.FLOOR), NormalMargin())
    fits = [BuyTillYouDie(NBD(), model).fit(summary) for model in spend]
    with pytest.raises(InputError, match="numbers of customers"):
        compare(fits)
