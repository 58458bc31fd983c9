"""The one composition that is shipped; build others from the same parts."""

from custvalue.pipeline._result import CustomerValuation, Facts
from custvalue.pipeline._steps import LifetimeParts, Terms
from custvalue.pipeline._valuation import Valuation

__all__ = ["CustomerValuation", "Facts", "LifetimeParts", "Terms", "Valuation"]
