"""Measures the sync engine against the usual designs and against COPY, which is the limit: `make bench`."""
