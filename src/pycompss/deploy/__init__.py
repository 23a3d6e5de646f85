"""Where tasks run: descriptions of machines."""
