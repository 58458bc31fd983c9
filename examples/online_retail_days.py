"""Make ``docs/data/online_retail_days.csv.gz``, which the Online Retail tutorial reads, from the log it comes from.

The log is "Online Retail" of the UCI Machine Learning Repository (CC BY 4.0): 541,909 invoice lines of a UK gift
wholesaler, as the workbook of the repository, CSV or Parquet, with CustomerID, InvoiceDate, Quantity and UnitPrice.

Run: python examples/online_retail_days.py "Online Retail.xlsx" docs/data/online_retail_days.csv.gz
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd

READERS = {".xlsx": pd.read_excel, ".csv": pd.read_csv, ".parquet": pd.read_parquet}


def read(path: Path) -> pd.DataFrame:
    """Read the lines: customer, time of the invoice, units and amount in pence, each line rounded half to even."""
    lines = READERS[path.suffix](path)
    pence = np.round(lines["Quantity"] * lines["UnitPrice"] * 100, 6).round()
    return pd.DataFrame(
        {
            "customer": lines["CustomerID"],
            "time": pd.to_datetime(lines["InvoiceDate"]),
            "units": lines["Quantity"],
            "pence": pence.astype(np.int64),
        }
    )


def by_day(lines: pd.DataFrame) -> pd.DataFrame:
    """Add lines up to one row a customer and day for sales (and gifts of 0), and one for refunds.

    An invoice is told by its customer and time: all of its lines were booked at one minute.
    """
    known = lines.dropna(subset=["customer"])
    known = known.assign(
        customer=known["customer"].astype(np.int64), day=known["time"].dt.normalize(), refund=known["pence"] < 0
    )
    days = known.groupby(["customer", "day", "refund"], as_index=False).agg(
        amount=("pence", "sum"), invoices=("time", "nunique"), lines=("pence", "size"), units=("units", "sum")
    )
    days["amount"] /= 100
    return days.drop(columns="refund")


def main(source: Path, target: Path) -> None:
    """Write the table, and print what went into it and what did not."""
    lines = read(source)
    days = by_day(lines)
    text = days.to_csv(index=False, float_format="%.2f", date_format="%Y-%m-%d", lineterminator="\n")
    target.write_bytes(gzip.compress(text.encode(), mtime=0))
    nobody = lines["customer"].isna()
    known = lines[~nobody]
    print(f"{len(lines):,} lines")
    print(f"{nobody.sum():,} without a customer, left out: {lines.loc[nobody, 'pence'].sum() / 100:,.2f} GBP")
    print(f"{(known['pence'] < 0).sum():,} refunds, {(known['pence'] == 0).sum():,} of amount 0")
    print(f"{len(known):,} lines, {days['amount'].sum():,.2f} GBP in {len(days):,} rows")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
