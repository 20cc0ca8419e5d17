"""Measures the sync engine against what it could be and what it would usually be: `make bench`."""
