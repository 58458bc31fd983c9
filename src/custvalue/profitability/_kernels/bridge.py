"""Order-free decomposition of a change (Shapley value of products of factors); arrays broadcast."""

from __future__ import annotations

from custvalue._arrays import FloatArray


def two_factors(x: tuple[FloatArray, FloatArray], y: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Split x1 y1 - x0 y0 into the effects of x and of y; each pair is (before, after)."""
    (x0, x1), (y0, y1) = x, y
    return (x1 - x0) * (y0 + y1) / 2.0, (y1 - y0) * (x0 + x1) / 2.0


def three_factors(
    x: tuple[FloatArray, FloatArray], y: tuple[FloatArray, FloatArray], z: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Split x1 y1 z1 - x0 y0 z0 into the effects of x, y and z; each pair is (before, after)."""
    return _effect(x, y, z), _effect(y, x, z), _effect(z, x, y)


def _effect(
    x: tuple[FloatArray, FloatArray], y: tuple[FloatArray, FloatArray], z: tuple[FloatArray, FloatArray]
) -> FloatArray:
    # mean over the six orders: the other two are both old in 1/3, both new in 1/3, mixed either way in 1/6 each
    (x0, x1), (y0, y1), (z0, z1) = x, y, z
    return (x1 - x0) * ((y0 * z0 + y1 * z1) / 3.0 + (y0 * z1 + y1 * z0) / 6.0)
