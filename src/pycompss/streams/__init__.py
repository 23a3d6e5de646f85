"""Distributed streams."""
