"""Plain numpy and scipy functions behind the portfolio room; they trust what they are given."""
