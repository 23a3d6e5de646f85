"""Where tasks run. Engines carry out commands and report events; they decide nothing."""
