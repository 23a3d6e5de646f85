"""Serialisation as programs use it."""
