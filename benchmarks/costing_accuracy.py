"""Mean error of volume-based and activity-based systems of several qualities against known true cost.

Run ``python benchmarks/costing_accuracy.py [n_firms]``.
"""

from __future__ import annotations

import sys

from custvalue.costing import bench


def main() -> None:
    """Print one line a system."""
    found = bench(n_firms=int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    print(f"mean absolute error over {found.n_firms} firms")
    for name, error in found.errors.items():
        print(f"{name:40s} {error:7.1%}")


if __name__ == "__main__":
    main()
