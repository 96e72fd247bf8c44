"""Noise as technicians remark on it: which kind, in which lead."""
