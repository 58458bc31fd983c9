"""Arithmetic of the costing room: functions of plain arrays and integers, no checks of input."""
