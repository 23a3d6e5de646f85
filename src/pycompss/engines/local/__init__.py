"""The embedded engine: worker processes on this machine, Unix sockets, shared memory."""
