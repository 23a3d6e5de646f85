"""The engine for several nodes: one Dask worker a node hosts an agent, which drives our own workers there."""
