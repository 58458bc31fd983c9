"""A cost file without a fault."""

COSTS = """
currency = "EUR"
period = "2025"

[pools]
orders = "12345.67"
lines = 8_000

[activities]
orders = "orders"
lines = "lines"

[drivers]
orders = {count = true}
"""
