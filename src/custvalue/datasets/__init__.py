"""Data to try things on: a simulated firm with customers, orders, returns, visits and cost pools."""

from custvalue.datasets._firm import FirmSettings, SimulatedFirm, simulate_firm

__all__ = ["FirmSettings", "SimulatedFirm", "simulate_firm"]
