"""The normal quantile, without importing scipy.stats."""

from __future__ import annotations

from scipy import special

__all__ = ["normal_quantile"]


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    return float(special.ndtri(probability))
