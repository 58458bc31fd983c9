"""Score tables and portfolio models of the literature: ``cv.presets.DRUGSTORE``, ``cv.presets.SHAPIRO``."""

from custvalue.portfolio import presets as _portfolio
from custvalue.portfolio.presets import *  # noqa: F403  # this module only collects
from custvalue.rfm import presets as _rfm
from custvalue.rfm.presets import *  # noqa: F403  # this module only collects

__all__ = [*_portfolio.__all__, *_rfm.__all__]  # noqa: PLE0604  # names of names
