"""The `pycompss` command and its old names."""
