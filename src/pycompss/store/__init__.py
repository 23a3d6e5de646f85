"""Values between processes: descriptors, arenas of shared memory, pickling, the program's own functions and classes."""
