"""One task where it landed: a single-threaded process that runs what its node gives it."""
