"""Small libraries for programs: reductions, maps, data, measurements."""
