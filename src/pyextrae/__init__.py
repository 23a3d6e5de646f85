"""What programs written for Extrae import: events of their own come into the traces of `pycompss` without it.

An Extrae that is installed has its own `pyextrae`, earlier on the path.
"""
