"""Arithmetic of profitability on plain arrays: no tables, no checks."""
