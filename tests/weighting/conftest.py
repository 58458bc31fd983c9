"""Settings of the property tests."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # two busy cores
settings.load_profile("unhurried")
