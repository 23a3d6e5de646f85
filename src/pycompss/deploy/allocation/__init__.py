"""What a batch system has given to the job in which this process runs: `found`, with `hostlist`."""
