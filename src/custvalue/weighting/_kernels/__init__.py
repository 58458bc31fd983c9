"""Arithmetic of weighting on plain arrays: no tables, no checks."""
