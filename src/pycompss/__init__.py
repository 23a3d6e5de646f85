"""The PyCOMPSs programming model as pure Python."""

__version__ = "0.1.0"
