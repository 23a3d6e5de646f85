"""A package, so that worker processes can import the tasks of test modules by name."""
