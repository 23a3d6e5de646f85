"""Paths under which test programs know parts of the project."""
