"""Conformance kits: plain named checks that our own strategies pass and yours should, and generators of valid inputs.

``check_allocator(obj)`` runs them all and names what failed; ``ALLOCATOR_CHECKS`` lists them one by one, for a test
id each.
"""

from custvalue.testing._allocators import (
    ALLOCATOR_CHECKS,
    check_allocator,
    driver_tables,
    example_costs,
    example_drivers,
    ledgers,
)
from custvalue.testing._classifiers import CLASSIFIER_CHECKS, check_classifier, example_values
from custvalue.testing._clv_models import CLV_MODEL_CHECKS, check_clv_model
from custvalue.testing._purchase_models import PURCHASE_MODEL_CHECKS, check_purchase_model, example_summary

__all__ = [
    "ALLOCATOR_CHECKS",
    "CLASSIFIER_CHECKS",
    "CLV_MODEL_CHECKS",
    "PURCHASE_MODEL_CHECKS",
    "check_allocator",
    "check_classifier",
    "check_clv_model",
    "check_purchase_model",
    "driver_tables",
    "example_costs",
    "example_drivers",
    "example_summary",
    "example_values",
    "ledgers",
]
