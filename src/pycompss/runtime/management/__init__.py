"""Paths under which programs know parts of the runtime."""
