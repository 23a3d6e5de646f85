"""Paths under which programs know exceptions, serialisation and the like."""
