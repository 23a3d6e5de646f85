"""The live side of the core: life cycle, configuration, the program's objects, synchronisation."""
