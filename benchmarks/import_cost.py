"""What ``import custvalue`` costs beyond numpy and pandas, as CPU ratios of whole processes.

Run: python benchmarks/import_cost.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 7


def cpu_seconds(code: str) -> float:
    """CPU time of a fresh interpreter that runs ``code``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # our own code
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main() -> None:
    """Measure in turn, so that a busy machine hits all alike, and print ratios of medians."""
    cases = {
        "numpy and pandas": "import numpy, pandas",
        "custvalue": "import custvalue",
        "numpy, pandas and custvalue": "import numpy, pandas, custvalue",
        "custvalue, every room used": "import custvalue as cv; [getattr(cv, name) for name in dir(cv)]",
    }
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, code in cases.items():
            times[name].append(cpu_seconds(code))
    base = statistics.median(times["numpy and pandas"])
    for name, values in times.items():
        print(f"{name:30} {statistics.median(values) / base:6.2f} x numpy and pandas")


if __name__ == "__main__":
    main()
