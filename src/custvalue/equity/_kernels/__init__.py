"""Plain functions behind the equity room; they trust what they are given."""
