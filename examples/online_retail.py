"""Online Retail end to end: costs allocated two ways, tiers under both, who changes, equity between two quarters.

The data are the invoice lines of a UK gift wholesaler, 2010-12 to 2011-12 (UCI Machine Learning Repository,
"Online Retail", CC BY 4.0), as a Parquet or CSV file with the columns CustomerID, InvoiceDate, Quantity and
UnitPrice. The cost pools are made up: the firm never published any.

Run: python examples/online_retail.py online_retail.parquet
"""

from __future__ import annotations

import sys

import attrs
import pandas as pd

import custvalue as cv
from custvalue.portfolio import Pyramid, compare_allocators

COSTS = cv.CostLedger(
    pools=[
        cv.CostPool("order handling", 250_000),
        cv.CostPool("picking", 400_000),
        cv.CostPool("returns", 90_000),
    ],
    currency="GBP",
    period="2010-12 to 2011-12",
)
ACTIVITIES = {"order handling": "orders", "picking": "lines", "returns": "returns"}
TERMS = cv.Valuation(discount=cv.DiscountRate.annual(0.10), horizon=cv.Horizon(3, cv.TimeUnit.YEAR), margin=0.40)


def read(path: str, until: str | None = None) -> cv.TransactionLog:
    """Read the log; lines without a customer cannot be valued and are counted in the report."""
    policies = cv.DataPolicies(missing_ids="drop", outside_window="truncate")
    return cv.TransactionLog.from_file(
        path,
        customer="CustomerID",
        time="InvoiceDate",
        quantity="Quantity",
        unit_price="UnitPrice",
        order="InvoiceDate",
        currency="GBP",
        window=cv.ObservationWindow("2010-12-01", until or "2011-12-09"),
        policies=policies,
    )


def drivers_of(log: cv.TransactionLog) -> cv.DriverTable:
    """Invoices and lines counted; whether something came back, and gross sales, from the money."""
    counted = log.drivers(orders=cv.n_unique("order"), lines=cv.count())
    money = log.revenue(counted.customers)
    returned = (money["refunds"] < 0).astype(float)
    more = cv.DriverTable(
        customers=counted.customers, drivers={"returns": returned, "sales": money.major("gross_amount")}
    )
    return counted.with_drivers(more)


def main(path: str) -> None:
    """Print the whole story."""
    log = read(path)
    print(log.report, end="\n\n")
    drivers = drivers_of(log)
    activity = cv.ActivityBased(drivers=ACTIVITIES).allocate(COSTS, drivers)
    volume = cv.VolumeBased(base="sales").allocate(COSTS, drivers)
    by_activity = attrs.evolve(TERMS, allocation=activity).run(log)
    by_volume = attrs.evolve(TERMS, allocation=volume).run(log)
    for name, text in by_activity.highlights().items():
        print(f"{name:45}{text:>20}")
    for note in by_activity.notes:
        print(f"note: {note}")

    print("\nTiers, costs by activity (rows) and by sales (columns):")
    changes = compare_allocators(Pyramid(), {"activity": by_activity.table, "sales": by_volume.table}).to_frame()
    print(pd.crosstab(changes["activity"], changes["sales"]).to_string())
    print(f"{changes['changed'].mean():.1%} of customers change tier with the way costs are charged")

    print("\nCustomer equity between two quarters:")
    june, september = (TERMS.run(read(path, until)) for until in ("2011-06-30", "2011-09-30"))
    statement = cv.EquityStatement.between(june, september, currency="GBP")
    frame: pd.DataFrame = statement.to_frame()
    print(frame[["line", "customers", "mean", "amount"]].round(2).to_string(index=False))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
