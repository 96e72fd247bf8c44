"""Whose ink: a network that says of each piece of ink on a page whether one row drew it."""
