"""custvalue: what each customer is worth."""
