"""Currencies and exact money: integer minor units inside, major units at the door."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import ArrayLike

from custvalue._arrays import FloatArray
from custvalue.errors import InputError

__all__ = ["Amount", "Currency"]

Amount: TypeAlias = int | float | str | Decimal

# ISO 4217: the currencies whose minor unit is not a hundredth.
_EXPONENTS = (
    dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0)
    | dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0)
    | dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
    | dict.fromkeys(("CLF", "UYW"), 4)
)


@attrs.frozen
class Currency:
    """A currency and how many decimals its smallest coin has.

    Parameters
    ----------
    code
        ISO 4217 code such as ``"EUR"``; any other name for points, tokens or kilograms of CO2.
    exponent
        Decimals of the minor unit, 0 to 9.

    Examples
    --------
    >>> Currency.of("JPY").exponent, Currency.of("USD").exponent, Currency.of("BHD").exponent
    (0, 2, 3)
    >>> Currency.of("EUR").to_minor("12.30")
    1230
    """

    code: str
    exponent: int = attrs.field(default=2)

    def __attrs_post_init__(self) -> None:
        if not self.code:
            raise InputError("Currency.code", expected="a code such as 'EUR'", got=repr(self.code))
        if not 0 <= self.exponent <= 9:
            raise InputError("Currency.exponent", expected="0 to 9 decimals", got=repr(self.exponent))

    @classmethod
    def of(cls, code: str | Currency) -> Currency:
        """Look an ISO code up; a :class:`Currency` passes through.

        Raises
        ------
        InputError
            If the code is not three capital letters.
        """
        if isinstance(code, Currency):
            return code
        if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
            hint = "Write an ISO 4217 code, or Currency('points', exponent=0) for a unit of your own."
            raise InputError("currency", expected="three capital letters such as 'EUR'", got=repr(code), hint=hint)
        return cls(code, _EXPONENTS.get(code, 2))

    @property
    def scale(self) -> int:
        """Minor units in one major unit."""
        return int(10**self.exponent)

    def to_minor(self, amount: Amount, *, where: str = "amount") -> int:
        """Turn an amount in major units into whole minor units, exactly.

        Parameters
        ----------
        amount
            Number or decimal text in major units. A float is read as it prints.
        where
            What the amount is, for the error.

        Raises
        ------
        InputError
            If it is not a finite number, or has more decimals than the currency.
        """
        expected = f"an amount in {self.code} with at most {self.exponent} decimals"
        try:
            scaled = Decimal(str(amount)).scaleb(self.exponent)
        except InvalidOperation as error:
            raise InputError(where, expected=expected, got=repr(amount)) from error
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise InputError(where, expected=expected, got=repr(amount), hint="Round it first.")
        minor = int(scaled)
        if abs(minor) >= 2**63:
            raise InputError(where, expected="an amount that fits 64-bit minor units", got=repr(amount))
        return minor

    def to_major(self, minor: ArrayLike) -> FloatArray:
        """Turn an array of minor units into major units (the nearest floats)."""
        return np.asarray(minor, dtype=np.float64) / self.scale

    def format(self, minor: int) -> str:
        """Write minor units as text in major units, exactly.

        Examples
        --------
        >>> Currency.of("EUR").format(123456)
        '1,234.56 EUR'
        """
        sign, digits = ("-", -minor) if minor < 0 else ("", minor)
        whole, rest = divmod(int(digits), self.scale)
        decimals = f".{rest:0{self.exponent}d}" if self.exponent else ""
        return f"{sign}{whole:,}{decimals} {self.code}"


def as_currency(value: str | Currency) -> Currency:
    """Converter for fields: an ISO code or a currency."""
    return Currency.of(value)
