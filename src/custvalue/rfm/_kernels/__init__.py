"""Arithmetic of RFM on plain arrays: no tables, no checks."""
