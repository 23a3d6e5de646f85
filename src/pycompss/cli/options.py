"""The option table of `pycompss run` and `runcompss`: one row an option.

Parser, usage and `docs/cli.md` read this table and nothing else, so they cannot disagree.
"""

from __future__ import annotations

from typing import Any

from pycompss.cli.option import Option, Status, flag, perhaps, switch, value
from pycompss.runtime.config import DEFAULT_SCHEDULER

GENERIC, TOOLS, TRACING, RUNTIME = "Generic", "Tools", "Tracing", "Runtime"

_NULL = ("", "null", "none", "NONE", "None")
_OFF = ("false", "0", "disabled", *_NULL)


_LATER: dict[str, Any] = {"status": Status.LATER, "calm": _OFF}
_NEEDLESS: dict[str, Any] = {"status": Status.NEEDLESS}

OPTIONS: tuple[Option, ...] = (
    # ------------------------------------------------------------------ generic
    flag("help", GENERIC, "print this text", "-h"),
    flag("opts", GENERIC, "print the options and nothing else"),
    flag("version", GENERIC, "print the version", "-v"),
    # ------------------------------------------------------------------ tools
    switch("graph", TOOLS, "write the task graph, monitor/complete_graph.dot", "-g", setting="graph"),
    perhaps("tracing", TOOLS, "paraver|perfetto", "false", "produce a trace", "-t", setting="tracing"),
    perhaps(
        "monitoring",
        TOOLS,
        "MS",
        "0",
        "show the run in a browser while it goes on (docs/monitor.md); implies --graph and --log_level=info",
        "-m",
        setting="monitoring",
        bare="2000",
    ),
    value("monitor_port", TOOLS, "PORT", "8080 if free", "port of that page", setting="monitor_port"),
    perhaps("external_debugger", TOOLS, "PORT", "false", "debug the JVM: there is none", **_NEEDLESS),
    value("jmx_port", TOOLS, "PORT", "", "debug the JVM: there is none", **_NEEDLESS),
    value(
        "task_execution", TOOLS, "compss|storage", "compss", "where tasks run", status=Status.LATER, calm=("compss",)
    ),
    value("storage_impl", TOOLS, "NAME", "", "store of persistent objects", **_LATER),
    value("storage_conf", TOOLS, "FILE", "null", "configuration of that store", **_LATER),
    value("project", TOOLS, "FILE", "this machine", "project.xml: the nodes to use", setting="project"),
    value("resources", TOOLS, "FILE", "this machine", "resources.xml: the nodes there are", setting="resources"),
    value("socket", TOOLS, "HOST:PORT", "", "be the client of a running service", **_LATER),
    value("lang", TOOLS, "python", "python", "language of the application"),
    switch("summary", TOOLS, "count the executed tasks at the end", setting="summary"),
    value("log_level", TOOLS, "off|info|api|debug|trace", "off", "how much is logged", setting="log_level"),
    flag("debug", TOOLS, "same as --log_level=debug", "-d", setting="log_level", bare="debug"),
    switch("progress", TOOLS, "a line of progress on a terminal", default="true", setting="progress"),
    value("task_output", TOOLS, "files|live", "files", "where the output of tasks is seen", setting="task_output"),
    # ------------------------------------------------------------------ tracing
    value("extrae_config_file", TRACING, "FILE", "null", "Extrae is not used", **_NEEDLESS),
    value("extrae_config_file_python", TRACING, "FILE", "null", "Extrae is not used", **_NEEDLESS),
    value("trace_label", TRACING, "NAME", "name of the application", "label of the trace", setting="trace_label"),
    switch(
        "tracing_task_dependencies", TRACING, "draw dependencies as communications", setting="tracing_task_dependencies"
    ),
    switch("generate_trace", TRACING, "make it at the end", default="true", setting="generate_trace"),
    switch("delete_trace_packages", TRACING, "delete what was merged", default="true", **_NEEDLESS),
    switch("custom_threads", TRACING, "name threads in the trace", default="true", **_NEEDLESS),
    # ------------------------------------------------------------------ runtime
    value(
        "engine",
        RUNTIME,
        "local|dask|inline",
        "local",
        "run tasks in parallel, on nodes, or in sequence",
        setting="engine",
    ),
    value("node_timeout", RUNTIME, "TIME", "10", "seconds of silence until a node is lost", setting="node_timeout"),
    value("agents", RUNTIME, "N", "2", "nodes that this machine plays with --engine=dask", setting="agents"),
    value(
        "scheduler_file",
        RUNTIME,
        "FILE",
        "",
        "of a Dask scheduler whose workers are the nodes (docs/clusters.md)",
        setting="scheduler_file",
    ),
    value(
        "scheduler_address",
        RUNTIME,
        "tls|tcp://HOST:PORT",
        "",
        "address of such a scheduler, or `gateway://HOST:PORT/NAME`",
        setting="scheduler_address",
    ),
    value("cpus_per_node", RUNTIME, "N", "usable cores", "computing units of this machine", setting="workers"),
    value(
        "worker_in_master_cpus",
        RUNTIME,
        "N",
        "cpus_per_node",
        "computing units of a job's first node; 0: it only runs the program",
        setting="worker_in_master_cpus",
    ),
    value(
        "worker_in_master_memory",
        RUNTIME,
        "MB",
        "all",
        "memory of a job's first node that tasks may use",
        setting="worker_in_master_memory",
    ),
    value("node_memory", RUNTIME, "MB", "all", "memory of a node of a job that tasks may use", setting="node_memory"),
    value(
        "elasticity",
        RUNTIME,
        "N",
        "0",
        "most nodes that a job of Slurm may get besides its own while it runs",
        setting="elasticity",
    ),
    switch(
        "automatic_scaling",
        RUNTIME,
        "get such nodes, and give them back, by need; else when the program asks",
        default="true",
        setting="automatic_scaling",
    ),
    value(
        "max_tasks_per_node",
        RUNTIME,
        "N",
        "-1",
        "most tasks at a time on a node of a job; -1 = no limit",
        setting="max_tasks_per_node",
    ),
    value("gpus_per_node", RUNTIME, "N", "those found", "GPUs of this machine", setting="gpus"),
    value("fpgas_per_node", RUNTIME, "N", "0", "FPGAs of this machine", setting="fpgas"),
    value(
        "store_limit",
        RUNTIME,
        "SIZE",
        "half of the memory",
        "most shared memory for values, such as 2GB",
        setting="store_limit",
    ),
    switch(
        "store_spill", RUNTIME, "spill values to disk when that memory is full", default="true", setting="store_spill"
    ),
    value(
        "spill_directory",
        RUNTIME,
        "DIR",
        "the run's temporary files",
        "where spilled values go",
        setting="spill_directory",
    ),
    value("comm", RUNTIME, "CLASS", "", "communication adaptor: there is one", **_NEEDLESS),
    value(
        "conn",
        RUNTIME,
        "CLASS",
        "",
        "cloud connector",
        status=Status.LATER,
        calm=(*_OFF, "es.bsc.compss.connectors.DefaultSSHConnector"),
    ),
    value("streaming", RUNTIME, "FILES|OBJECTS|PSCOS|ALL|NONE", "NONE", "streams, which are always there", **_NEEDLESS),
    value("streaming_master_name", RUNTIME, "HOST", "", "host of a server of streams: there is none", **_NEEDLESS),
    value("streaming_master_port", RUNTIME, "PORT", "", "port of a server of streams: there is none", **_NEEDLESS),
    value(
        "scheduler", RUNTIME, "CLASS", DEFAULT_SCHEDULER, "scheduling policy, full or short name", setting="scheduler"
    ),
    value("scheduler_config_file", RUNTIME, "FILE", "", "settings of the policy", **_LATER),
    value(
        "checkpoint",
        RUNTIME,
        "CLASS",
        "NoCheckpoint",
        "checkpointing policy",
        status=Status.LATER,
        calm=(*_OFF, "NoCheckpoint", "es.bsc.compss.checkpoint.policies.NoCheckpoint"),
    ),
    value("checkpoint_params", RUNTIME, "TEXT", "", "parameters of that policy", **_LATER),
    value("checkpoint_folder", RUNTIME, "DIR", "", "where checkpoints lie", **_LATER),
    value(
        "library_path",
        RUNTIME,
        "PATH",
        "",
        "put before LD_LIBRARY_PATH, where tasks and their programs find native libraries",
        setting="library_path",
    ),
    value("classpath", RUNTIME, "PATH", "working directory", "where Java classes lie", **_NEEDLESS),
    value("appdir", RUNTIME, "DIR", "the application's", "where the application lies", **_NEEDLESS),
    value(
        "pythonpath",
        RUNTIME,
        "PATH",
        "working directory",
        "put before sys.path; the working directory is added",
        setting="pythonpath",
    ),
    value(
        "env_script", RUNTIME, "FILE", "", "script whose environment the workers get; repeatable", setting="env_script"
    ),
    value("log_dir", RUNTIME, "DIR", "home", "run folders go to DIR/.COMPSs/", setting="log_dir"),
    value("base_log_dir", RUNTIME, "DIR", "", "old name of --log_dir", setting="log_dir"),
    value("specific_log_dir", RUNTIME, "DIR", "", "exactly this run folder", setting="specific_log_dir"),
    value(
        "master_working_dir",
        RUNTIME,
        "DIR",
        "<run folder>/tmpFiles",
        "where temporary files lie",
        setting="master_working_dir",
    ),
    value(
        "worker_working_dir",
        RUNTIME,
        "shared_disk|local_disk|DIR",
        "shared_disk",
        "where tasks work: in the run's folder, or on each node's own disk, with copies of files, or in a folder",
        setting="worker_working_dir",
    ),
    value("uuid", RUNTIME, "ID", "generated", "identifier of the run", setting="uuid"),
    value("master_name", RUNTIME, "HOST", "", "name of this host for its workers", **_NEEDLESS),
    value("master_port", RUNTIME, "PORT", "", "port of this host for its workers", **_NEEDLESS),
    value("jvm_master_opts", RUNTIME, "OPTS", "", "options of the JVM: there is none", **_NEEDLESS),
    value("jvm_workers_opts", RUNTIME, "OPTS", "", "options of the JVM: there is none", **_NEEDLESS),
    value(
        "cpu_affinity", RUNTIME, "disabled|automatic|dlb|MAP", "automatic", "pin tasks to cores", setting="cpu_affinity"
    ),
    value(
        "gpu_affinity",
        RUNTIME,
        "disabled|automatic|MAP",
        "automatic",
        "give tasks GPUs of their own",
        setting="gpu_affinity",
    ),
    value(
        "fpga_affinity",
        RUNTIME,
        "disabled|automatic|MAP",
        "automatic",
        "give tasks FPGAs of their own",
        setting="fpga_affinity",
    ),
    value("fpga_reprogram", RUNTIME, "COMMAND", "", "program FPGAs before the run", **_LATER),
    value("io_executors", RUNTIME, "N", "0", "@IO tasks at a time on a node; 0 = 4", setting="io_executors"),
    value("http_pool_size", RUNTIME, "N", "0", "@http tasks at a time; 0 = 100", setting="http_pool_size"),
    value("task_count", RUNTIME, "N", "no limit", "most task types: there is no limit", **_NEEDLESS),
    value(
        "input_profile",
        RUNTIME,
        "FILE",
        "",
        "how long types of tasks take, from an earlier run",
        setting="input_profile",
    ),
    value("output_profile", RUNTIME, "FILE", "", "where to write how long they took", setting="output_profile"),
    switch("PyObject_serialize", RUNTIME, "Python serialises objects anyway", **_NEEDLESS),
    switch("persistent_worker_c", RUNTIME, "workers of C programs", **_NEEDLESS),
    switch("enable_external_adaptation", RUNTIME, "change resources through a pipe", **_LATER),
    switch("gen_coredump", RUNTIME, "leave core files of crashed workers", **_LATER),
    switch("keep_workingdir", RUNTIME, "leave working directories behind", setting="keep_workingdir"),
    value(
        "python_interpreter",
        RUNTIME,
        "PROGRAM",
        "this one",
        "starts agents behind ssh; elsewhere tasks run in the program's own",
        setting="python_interpreter",
    ),
    switch(
        "python_propagate_virtual_environment",
        RUNTIME,
        "workers always use the program's environment",
        default="true",
        **_NEEDLESS,
    ),
    switch("python_mpi_worker", RUNTIME, "workers started by mpirun", **_LATER),
    switch(
        "python_memory_profile",
        RUNTIME,
        "files with the memory of processes over time, for `mprof plot`",
        setting="python_memory_profile",
    ),
    perhaps(
        "python_worker_cache",
        RUNTIME,
        "BOOL|cpu:SIZE|gpu:SIZE",
        "false",
        "values stay in shared memory by themselves",
        **_NEEDLESS,
    ),
    switch("python_cache_profiler", RUNTIME, "log cache hits", **_LATER),
    value(
        "wall_clock_limit", RUNTIME, "SECONDS", "0", "end the run after so long; 0 = never", setting="wall_clock_limit"
    ),
    switch("shutdown_in_node_failure", RUNTIME, "end the run when a node is lost", setting="shutdown_in_node_failure"),
    perhaps("provenance", RUNTIME, "FILE", "false", "record the run's provenance", "-p", **_LATER),
    value("provenance_folder", RUNTIME, "DIR", "", "where the provenance lies", **_LATER),
    flag("zip_provenance", RUNTIME, "pack the provenance", "-z", **_LATER),
    switch("coverage", RUNTIME, "measure the coverage of the application", **_LATER),
)
