"""Customer equity of competing brands from switching behaviour (Rust, Lemon and Zeithaml)."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import ArrayHolder, FloatArray, as_floats, float_array, strings
from custvalue._frames import FrameKind, build_frame
from custvalue.data import DiscountRate, Horizon, TimeUnit
from custvalue.equity._kernels import switching as kernels
from custvalue.errors import InputError

__all__ = ["BrandEquity", "SwitchingModel", "return_on_investment"]


@attrs.frozen(kw_only=True, eq=False, repr=False)
class BrandEquity(ArrayHolder):
    """Lifetime value of each respondent to each brand, and the equity of each brand.

    Parameters
    ----------
    brands
        Brand names.
    lifetime_values
        (n_respondents, n_brands).
    population
        Number of customers in the market; equity = mean lifetime value x population.
    """

    brands: tuple[str, ...] = attrs.field(converter=strings)
    lifetime_values: FloatArray = float_array(2)
    population: float

    @property
    def equity(self) -> FloatArray:
        """(n_brands,) customer equity."""
        return np.asarray(self.lifetime_values.mean(axis=0) * self.population)

    @property
    def share(self) -> FloatArray:
        """(n_brands,) share of the equity of the market."""
        return np.asarray(self.equity / self.equity.sum())

    def to_frame(self, like: FrameKind = "pandas") -> object:
        """One row a brand: brand, equity, share."""
        return build_frame({"brand": list(self.brands), "equity": self.equity, "share": self.share}, like)

    def __repr__(self) -> str:
        """One line."""
        shown = ", ".join(f"{brand} {value:,.0f}" for brand, value in zip(self.brands, self.equity, strict=True))
        return f"BrandEquity({shown})"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class SwitchingModel(ArrayHolder):
    """How each respondent moves between brands from purchase to purchase.

    Parameters
    ----------
    brands
        Brand names.
    matrices
        (n_respondents, n_brands, n_brands): probability of buying the column's brand after the row's.
    start
        (n_respondents, n_brands): probabilities of the current purchase; rows add up to 1.
    purchases_per_year
        (n_respondents,) purchases a year, above 0.

    Raises
    ------
    InputError
        If shapes do not fit, a row does not add up to 1, or a frequency is not above 0.

    References
    ----------
    Rust, R., Lemon, K. and Zeithaml, V. (2004), Return on marketing, Journal of Marketing 68(1).

    Examples
    --------
    >>> market = SwitchingModel(
    ...     brands=["ours", "theirs"], matrices=[[[0.8, 0.2], [0.3, 0.7]]], start=[[1.0, 0.0]], purchases_per_year=[2.0]
    ... )
    >>> found = market.equity(volume=[1.0], margin=[10.0, 10.0], horizon=Horizon(1, TimeUnit.YEAR),
    ...                       discount=DiscountRate.annual(0.0), population=100)
    >>> found.equity.round(6).tolist()  # 1 + 0.8 + 0.7 purchases of three
    [2500.0, 500.0]
    """

    brands: tuple[str, ...] = attrs.field(converter=strings)
    matrices: FloatArray = float_array(3)
    start: FloatArray = float_array(2)
    purchases_per_year: FloatArray = float_array()

    def __attrs_post_init__(self) -> None:
        n, k = self.start.shape
        if self.matrices.shape != (n, k, k) or self.purchases_per_year.size != n or len(self.brands) != k:
            got = f"matrices {self.matrices.shape}, start {self.start.shape}, brands {len(self.brands)}"
            raise InputError("SwitchingModel", expected="matrices (n, J, J), start (n, J), n frequencies", got=got)
        for name, rows in (("matrices", self.matrices), ("start", self.start)):
            if not (np.all(rows >= 0) and np.allclose(rows.sum(axis=-1), 1.0, rtol=0.0, atol=1e-9)):
                raise InputError(
                    f"SwitchingModel.{name}", expected="rows of probabilities that add up to 1", got="others"
                )
        if not np.all((self.purchases_per_year > 0) & np.isfinite(self.purchases_per_year)):
            raise InputError("SwitchingModel.purchases_per_year", expected="numbers above 0", got="others")

    @classmethod
    def from_utilities(
        cls, *, brands: tuple[str, ...], utilities: ArrayLike, inertia: ArrayLike, start: ArrayLike,
        purchases_per_year: ArrayLike,
    ) -> SwitchingModel:  # fmt: skip
        """Build the matrices from a logit model of choice.

        Parameters
        ----------
        brands
            Brand names.
        utilities
            (n_respondents, n_brands) utility of each brand from its attributes.
        inertia
            (n_respondents,) utility added to the brand bought last.
        start, purchases_per_year
            As in the class.
        """
        matrices = kernels.logit_matrices(as_floats(utilities, 2), as_floats(inertia))
        return cls(
            brands=brands,
            matrices=matrices,
            start=as_floats(start, 2),
            purchases_per_year=as_floats(purchases_per_year),
        )

    def equity(
        self, *, volume: ArrayLike, margin: ArrayLike, horizon: Horizon, discount: DiscountRate, population: float
    ) -> BrandEquity:
        """Value the brands: CLV_ij = sum over purchases t of (1 + d)^(-t / f_i) v_i m_j P(i buys j at t).

        Parameters
        ----------
        volume
            (n_respondents,) volume a purchase.
        margin
            (n_brands,) contribution a unit of volume.
        horizon
            How far purchases are counted; the current one is t = 0.
        discount
            Discount rate.
        population
            Customers in the market.

        Raises
        ------
        InputError
            If volume or margin do not fit.
        """
        volumes, margins = as_floats(volume), as_floats(margin)
        if volumes.size != self.start.shape[0] or margins.size != len(self.brands):
            got = f"{volumes.size} volumes, {margins.size} margins"
            raise InputError("SwitchingModel.equity", expected="a volume a respondent, a margin a brand", got=got)
        steps = np.floor(horizon.to(TimeUnit.YEAR) * self.purchases_per_year + 1e-9)
        factor = (1 + discount.per(TimeUnit.YEAR)) ** (-1 / self.purchases_per_year)
        expected = kernels.discounted_purchases(self.matrices, self.start, steps, factor)
        values = expected * volumes[:, None] * margins[None, :]
        return BrandEquity(brands=self.brands, lifetime_values=values, population=population)

    def __repr__(self) -> str:
        """One line."""
        return f"SwitchingModel({self.start.shape[0]:,} respondents, {', '.join(self.brands)})"


def return_on_investment(gain: float, investment: float) -> float:
    """Return on a marketing investment: (gain of equity - investment) / investment.

    Raises
    ------
    InputError
        If the investment is not above 0.

    References
    ----------
    Rust, Lemon and Zeithaml (2004), equation 6; American Airlines: 70 million for a gain of 101.3 million.

    Examples
    --------
    >>> round(return_on_investment(101.3e6, 70e6), 3)
    0.447
    """
    if not investment > 0:
        raise InputError("return_on_investment", expected="an investment above 0", got=str(investment))
    return (gain - investment) / investment
