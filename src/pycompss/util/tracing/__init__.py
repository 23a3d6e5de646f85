"""Marks for traces as programs use them."""
