"""The part that decides: data and state machines, no threads, sockets, files, clocks or processes."""
