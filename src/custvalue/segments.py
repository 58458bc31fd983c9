"""Segment maps over RFM scores: ``cv.segments.ELEVEN``, ``cv.segments.FOUR_WAY``, ``cv.segments.R_PACKAGE``."""

from custvalue.rfm import segments as _rfm
from custvalue.rfm.segments import *  # noqa: F403  # this module only collects

__all__ = [*_rfm.__all__]  # noqa: PLE0604  # names of names
