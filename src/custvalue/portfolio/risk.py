"""Risk and return of customer segments: covariance, customer beta, efficient portfolios, risk-adjusted value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from custvalue._arrays import ArrayHolder, FloatArray, as_floats, float_array, locked, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.data import Timing, ValueSeries, ValueTable
from custvalue.errors import AlignmentError, InputError
from custvalue.portfolio._kernels import risk as kernels

__all__ = ["Frontier", "SegmentReturns", "SegmentRisk", "risk_adjusted_value"]

Bounds: TypeAlias = tuple[ArrayLike, ArrayLike]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Frontier(ArrayHolder):
    """Efficient portfolios, from the least variance to the highest return.

    Parameters
    ----------
    segments
        Segment names.
    weights
        (n_points, n_segments) shares of the assets, adding up to 1.
    expected
        (n_points,) mean return.
    deviation
        (n_points,) standard deviation.
    """

    segments: tuple[str, ...] = attrs.field(converter=strings)
    weights: FloatArray = float_array(2)
    expected: FloatArray = float_array()
    deviation: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        shape = (self.expected.size, len(self.segments))
        if self.weights.shape != shape or self.deviation.size != self.expected.size:
            raise AlignmentError("Frontier", expected=f"weights of shape {shape}", got=f"shape {self.weights.shape}")

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a portfolio: expected, deviation, one column a segment."""
        shares = {f"weight_{name}": self.weights[:, at] for at, name in enumerate(self.segments)}
        return build_frame({"expected": self.expected, "deviation": self.deviation, **shares}, like)

    def __repr__(self) -> str:
        """One line."""
        low, high = float(self.expected.min()), float(self.expected.max())
        n, k = self.weights.shape
        return f"Frontier({n} portfolios of {k} segments, return {low:.4g} to {high:.4g})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SegmentRisk(ArrayHolder):
    """Mean return of segments and how they move together.

    Parameters
    ----------
    segments
        Segment names.
    mean
        (n_segments,) mean return a period.
    covariance
        (n_segments, n_segments).
    method
        How the covariance was estimated.

    Raises
    ------
    AlignmentError
        If the shapes do not fit the names.
    InputError
        If the covariance is not symmetric or has a negative eigenvalue.

    References
    ----------
    Markowitz, H. (1952), Portfolio selection. Tarasi et al. (2011), Balancing risk and return in a customer
    portfolio, Journal of Marketing 75. Dhar, R. and Glazer, R. (2003), Hedging customers, HBR 81(5).

    Examples
    --------
    >>> two = SegmentRisk(segments=["A", "B"], mean=[0.10, 0.06], covariance=[[0.04, 0.002], [0.002, 0.01]])
    >>> two.minimum_variance().weights.round(4).tolist()
    [[0.1739, 0.8261]]
    >>> two.betas([0.5, 0.5]).round(4).tolist()
    [1.5556, 0.4444]
    """

    segments: tuple[str, ...] = attrs.field(converter=strings)
    mean: FloatArray = float_array()
    covariance: FloatArray = float_array(2)
    method: str = "given"

    def __attrs_post_init__(self) -> None:
        k = len(self.segments)
        if self.mean.size != k or self.covariance.shape != (k, k):
            got = f"{self.mean.size} means, covariance {self.covariance.shape}"
            raise AlignmentError("SegmentRisk", expected=f"numbers for {k} segments", got=got)
        size = float(np.abs(self.covariance).max(initial=0.0))
        symmetric = np.allclose(self.covariance, self.covariance.T, rtol=0.0, atol=1e-12 * size)
        if not symmetric or np.linalg.eigvalsh(self.covariance).min() < -1e-10 * size:
            raise InputError("SegmentRisk.covariance", expected="a symmetric matrix without negative eigenvalues",
                             got=str(self.covariance.tolist()))  # fmt: skip

    def betas(self, weights: ArrayLike) -> FloatArray:
        """Customer beta of each segment in a portfolio: cov(segment, portfolio) / var(portfolio), (n_segments,).

        The betas weighted by the weights add up to 1.

        Raises
        ------
        InputError
            If the weights do not fit or the portfolio does not vary.
        """
        shares = self._weights(weights)
        variance = float(shares @ self.covariance @ shares)
        if variance <= 0:
            raise InputError("SegmentRisk.betas", expected="a portfolio that varies", got=f"variance {variance}")
        return np.asarray(self.covariance @ shares / variance)

    def reward_to_variability(self, risk_free: float = 0.0) -> FloatArray:
        """(mean - risk-free return) / standard deviation of each segment; NaN where a segment does not vary."""
        deviation = np.sqrt(np.diag(self.covariance))
        return np.asarray((self.mean - risk_free) / np.where(deviation > 0, deviation, np.nan))

    def portfolio(self, weights: ArrayLike) -> Frontier:
        """Give mean return and deviation of one portfolio, such as the present one.

        Raises
        ------
        InputError
            If the weights do not fit.
        """
        return self._frontier([self._weights(weights)])

    def minimum_variance(self, bounds: Bounds | None = None) -> Frontier:
        """Portfolio of least variance.

        Parameters
        ----------
        bounds
            Lowest and highest share of each segment, numbers or (n_segments,); 0 and 1 if None. Customers cannot be
            sold short or moved at will: bounds near the present shares keep the answer real.

        Raises
        ------
        InputError
            If no portfolio lies within the bounds.
        """
        low, high = self._bounds(bounds)
        return self._frontier([kernels.least_variance(self.covariance, low, high, self.mean, None)[0]])

    def frontier(self, n_points: int = 20, bounds: Bounds | None = None) -> Frontier:
        """Efficient portfolios at equal steps of return, from the least variance to the highest return.

        Raises
        ------
        InputError
            If no portfolio lies within the bounds, or there are fewer than two points.
        """
        if n_points < 2:
            raise InputError("SegmentRisk.frontier", expected="two points or more", got=str(n_points))
        low, high = self._bounds(bounds)
        first = kernels.least_variance(self.covariance, low, high, self.mean, None)[0]
        top = kernels.highest_return(self.mean, low, high)
        targets = np.linspace(float(self.mean @ first), float(self.mean @ top), n_points)
        inner = [kernels.least_variance(self.covariance, low, high, self.mean, float(t))[0] for t in targets[1:-1]]
        return self._frontier([first, *inner, top])

    def tangency(self, risk_free: float = 0.0, bounds: Bounds | None = None) -> Frontier:
        """Portfolio of the highest (return - risk-free return) / deviation.

        Raises
        ------
        InputError
            If no portfolio lies within the bounds, or none returns more than the risk-free return.
        """
        low, high = self._bounds(bounds)
        top = kernels.highest_return(self.mean, low, high)
        most = float(self.mean @ top)
        if most <= risk_free:
            raise InputError("SegmentRisk.tangency", expected=f"a return above {risk_free:g}", got=f"at most {most:g}")

        def at(target: float) -> FloatArray:
            return kernels.least_variance(self.covariance, low, high, self.mean, target)[0]

        def loss(target: float) -> float:
            weights = at(target)
            return (risk_free - target) / float(np.sqrt(weights @ self.covariance @ weights))

        def slope(target: float) -> float:
            weights, multiplier = kernels.least_variance(self.covariance, low, high, self.mean, target)
            return float(weights @ self.covariance @ weights) - (target - risk_free) * multiplier

        least = float(self.mean @ kernels.least_variance(self.covariance, low, high, self.mean, None)[0])
        start = max(least, risk_free)
        if most - start <= 1e-12 * abs(most):
            return self._frontier([top])
        found = optimize.minimize_scalar(loss, bounds=(start, most), method="bounded", options={"xatol": 1e-10})
        target = float(found.x)
        near = 1e-5 * (most - start)
        ends = max(target - near, start), min(target + near, most - near)
        if ends[0] < ends[1] and slope(ends[0]) > 0 > slope(ends[1]):
            target = float(optimize.brentq(slope, *ends, xtol=1e-15))
        best = min([at(target), top], key=lambda w: (risk_free - self.mean @ w) / np.sqrt(w @ self.covariance @ w))
        return self._frontier([best])

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a segment: segment, mean, deviation, one column a segment of the covariance."""
        others = {f"covariance_{name}": self.covariance[:, at] for at, name in enumerate(self.segments)}
        deviation = np.sqrt(np.diag(self.covariance))
        columns = {"mean": self.mean, "deviation": deviation, **others}
        return build_frame({"segment": list(self.segments), **columns}, like)

    def __repr__(self) -> str:
        """One line."""
        return f"SegmentRisk({len(self.segments)} segments, covariance {self.method})"

    def _weights(self, weights: ArrayLike) -> FloatArray:
        shares = as_floats(weights)
        if shares.size != self.mean.size or abs(float(shares.sum()) - 1.0) > 1e-9:
            expected = f"{self.mean.size} weights that add up to 1"
            raise InputError("weights", expected=expected, got=str(shares.tolist()))
        return shares

    def _bounds(self, bounds: Bounds | None) -> tuple[FloatArray, FloatArray]:
        ends = [np.asarray(end, np.float64) for end in ((0.0, 1.0) if bounds is None else bounds)]
        if len(ends) != 2 or any(end.shape not in {(), self.mean.shape} for end in ends):
            expected = f"(lowest, highest), each one number or {self.mean.size}"
            raise InputError("bounds", expected=expected, got=f"shapes {[end.shape for end in ends]}")
        low, high = (np.broadcast_to(end, self.mean.shape).copy() for end in ends)
        if np.any(low > high) or low.sum() > 1 + 1e-12 or high.sum() < 1 - 1e-12:
            got = f"lowest adding up to {low.sum():g}, highest to {high.sum():g}"
            raise InputError("bounds", expected="lowest shares up to 1 in all, highest 1 or more", got=got)
        return low, high

    def _frontier(self, portfolios: Iterable[FloatArray]) -> Frontier:
        weights = np.array(list(portfolios))
        deviation = np.sqrt(np.einsum("pi,ij,pj->p", weights, self.covariance, weights))
        return Frontier(segments=self.segments, weights=weights, expected=weights @ self.mean, deviation=deviation)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SegmentReturns(ArrayHolder):
    """Return of each segment in each period: profit over assets, or growth of cash flow.

    Parameters
    ----------
    segments
        Segment names.
    returns
        (n_periods, n_segments).

    Raises
    ------
    InputError
        If there are fewer than two periods, or a return is not finite.

    Examples
    --------
    >>> paid = SegmentReturns(segments=["A", "B"], returns=[[0.1, 0.05], [0.2, 0.06], [0.0, 0.07]])
    >>> paid.risk(shrink=False)
    SegmentRisk(2 segments, covariance of the sample)
    """

    segments: tuple[str, ...] = attrs.field(converter=strings)
    returns: FloatArray = float_array(2)

    def __attrs_post_init__(self) -> None:
        n_periods, k = self.returns.shape
        if k != len(self.segments) or n_periods < 2 or not np.all(np.isfinite(self.returns)):
            got = f"shape {self.returns.shape}, finite: {bool(np.all(np.isfinite(self.returns)))}"
            expected = f"two periods or more of {len(self.segments)} segments, all finite"
            raise InputError("SegmentReturns", expected=expected, got=got)

    @classmethod
    def of(cls, profit: ValueSeries, assets: ValueSeries) -> SegmentReturns:
        """Build from profit and assets a segment and period; the "customers" of the series are the segments.

        A last period that is cut off in either is left out of both.

        Raises
        ------
        AlignmentError
            If segments or periods differ.
        InputError
            If assets are not above 0, so that a return on them means nothing.
        """
        profit.customers.require_same(assets.customers, where="SegmentReturns.of")
        if not np.array_equal(profit.periods, assets.periods):
            raise AlignmentError("SegmentReturns.of", expected="the same periods", got="others")
        if profit.cut_off or assets.cut_off:
            profit, assets = (attrs.evolve(each, cut_off=True).whole for each in (profit, assets))
        fine = (assets.values > 0) & np.isfinite(assets.values)
        if not fine.all():
            got = f"{assets.values[~fine][0]:g}"
            raise InputError("SegmentReturns.of", expected="finite assets above 0", got=got)
        returns = (profit.values / assets.values).T
        return cls(segments=[str(name) for name in profit.customers.ids.tolist()], returns=returns)

    @classmethod
    def growth(cls, cash_flow: ValueSeries) -> SegmentReturns:
        """Take the growth of each segment's cash flow from period to period as its return.

        A last period that is cut off is left out.

        Raises
        ------
        InputError
            If a cash flow is not above 0, so that its growth means nothing, naming the segments.
        """
        cash_flow = cash_flow.whole
        poor = ~np.all(cash_flow.values > 0, axis=1)
        if poor.any():
            got = f"{np.nanmin(cash_flow.values):g} at the least in {cash_flow.customers.ids[poor].tolist()}"
            hint = "Leave out segments that cost money, take longer periods, or SegmentReturns.of(profit, assets)."
            raise InputError("SegmentReturns.growth", expected="cash flows above 0", got=got, hint=hint)
        returns = (cash_flow.values[:, 1:] / cash_flow.values[:, :-1] - 1).T
        return cls(segments=[str(name) for name in cash_flow.customers.ids.tolist()], returns=returns)

    def risk(self, *, shrink: bool = True) -> SegmentRisk:
        """Estimate means and covariance.

        Parameters
        ----------
        shrink
            Shrink the covariance towards a multiple of the identity (Ledoit and Wolf 2004): with few periods the
            sample covariance is not to be trusted, and with fewer periods than segments it cannot be inverted.
        """
        if shrink:
            covariance, intensity = kernels.ledoit_wolf(self.returns)
            method = f"shrunk by {intensity:.3f}"
        else:
            covariance = np.atleast_2d(np.cov(self.returns, rowvar=False))
            method = "of the sample"
        mean = self.returns.mean(axis=0)
        return SegmentRisk(segments=self.segments, mean=mean, covariance=covariance, method=method)

    def __repr__(self) -> str:
        """One line."""
        return f"SegmentReturns({len(self.segments)} segments x {self.returns.shape[0]} periods)"


def risk_adjusted_value(
    expected: ValueSeries, betas: ArrayLike, *, risk_free: float, portfolio_return: float, timing: Timing = Timing.END
) -> ValueTable:
    """Lifetime value discounted at a rate that grows with the customer's beta.

    Parameters
    ----------
    expected
        Expected cash flow of each customer and future period, finite: write 0 where none is expected.
    betas
        (n_customers,) customer betas, or one number.
    risk_free
        Risk-free return a period, above -1.
    portfolio_return
        Mean return of the whole portfolio a period.
    timing
        When in its period the cash comes.

    Returns
    -------
    ValueTable
        discount_rate = risk_free + beta x (portfolio_return - risk_free) a period, and risk_adjusted_value.

    Raises
    ------
    InputError
        If there are more or fewer betas than customers, a number is not finite, or a rate is -1 or less.

    References
    ----------
    Dhar, R. and Glazer, R. (2003), Hedging customers, HBR 81(5).

    Examples
    --------
    >>> from custvalue.data import CustomerIndex
    >>> flows = ValueSeries(customers=CustomerIndex(["calm", "wild"]), periods=["2027-01-01", "2028-01-01"],
    ...                     values=[[110.0, 121.0], [110.0, 121.0]])
    >>> worth = risk_adjusted_value(flows, [1.0, 2.0], risk_free=0.05, portfolio_return=0.10)
    >>> worth["risk_adjusted_value"].round(2).tolist()
    [200.0, 187.15]
    """
    n = len(expected.customers)
    beta = np.asarray(betas, np.float64)
    if beta.shape not in {(), (n,)}:
        raise InputError("risk_adjusted_value betas", expected=f"one number, or {n}", got=f"shape {beta.shape}")
    if not (np.isfinite([risk_free, portfolio_return]).all() and np.isfinite(beta).all()):
        got = (
            f"risk-free {risk_free}, portfolio {portfolio_return}, {int((~np.isfinite(beta)).sum())} betas that are not"
        )
        raise InputError("risk_adjusted_value", expected="finite rates and betas", got=got)
    rate = np.broadcast_to(risk_free + beta * (portfolio_return - risk_free), (n,))
    if np.any(rate <= -1):
        raise InputError("risk_adjusted_value", expected="rates above -1", got=f"{rate.min():g}")
    n_missing = int((~np.isfinite(expected.values)).sum())
    if n_missing:
        hint = "Write 0 where no cash flow is expected."
        raise InputError(
            "risk_adjusted_value expected", expected="finite cash flows", got=f"{n_missing} others", hint=hint
        )
    time = np.arange(expected.values.shape[1]) + timing.offset
    present = (expected.values * (1 + rate[:, None]) ** -time).sum(axis=1)
    return ValueTable(
        customers=expected.customers,
        measures={"discount_rate": locked(rate), "risk_adjusted_value": locked(present)},
        origins={"risk_adjusted_value": "cash flows discounted at the risk-free return plus beta x risk premium"},
    )
