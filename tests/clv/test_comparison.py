"""Comparing fits: order, weights, tests, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.clv._cdnow import make_summary, patterns

from custvalue.clv.bg_nbd import BGNBD, MBGNBD
from custvalue.clv.cnbd_k import BGCNBDk, MBGCNBDk, TimedSummary
from custvalue.clv.comparison import compare, likelihood_ratio_test
from custvalue.clv.nbd import NBD
from custvalue.clv.pareto_nbd import ParetoNBD
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
