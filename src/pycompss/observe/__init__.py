"""Readers of the journal: everything that people look at."""
