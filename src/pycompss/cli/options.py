"""The option table of `pycompss run` and `runcompss`: one row an option.

Parser, usage and `docs/cli.md` read this table and nothing else, so they cannot disagree.
"""

from __future__ import annotations

from pycompss.cli.option import LATER, NEEDLESS, Option, Status, flag, perhaps, switch, value
from pycompss.cli.runtime_options import RUNTIME_OPTIONS

GENERIC, TOOLS, TRACING = "Generic", "Tools", "Tracing"

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
    perhaps("external_debugger", TOOLS, "PORT", "false", "debug the JVM: there is none", **NEEDLESS),
    value("jmx_port", TOOLS, "PORT", "", "debug the JVM: there is none", **NEEDLESS),
    value(
        "task_execution", TOOLS, "compss|storage", "compss", "where tasks run", status=Status.LATER, calm=("compss",)
    ),
    value("storage_impl", TOOLS, "NAME", "", "store of persistent objects", **LATER),
    value("storage_conf", TOOLS, "FILE", "null", "configuration of that store", **LATER),
    value("project", TOOLS, "FILE", "this machine", "project.xml: the nodes to use", setting="project"),
    value("resources", TOOLS, "FILE", "this machine", "resources.xml: the nodes there are", setting="resources"),
    value("socket", TOOLS, "HOST:PORT", "", "be the client of a running service", **LATER),
    value("lang", TOOLS, "python", "python", "language of the application"),
    switch("summary", TOOLS, "count the executed tasks at the end", setting="summary"),
    value("log_level", TOOLS, "off|info|api|debug|trace", "off", "how much is logged", setting="log_level"),
    flag("debug", TOOLS, "same as --log_level=debug", "-d", setting="log_level", bare="debug"),
    switch("progress", TOOLS, "a line of progress on a terminal", default="true", setting="progress"),
    value("task_output", TOOLS, "files|live", "files", "where the output of tasks is seen", setting="task_output"),
    # ------------------------------------------------------------------ tracing
    value("extrae_config_file", TRACING, "FILE", "null", "Extrae is not used", **NEEDLESS),
    value("extrae_config_file_python", TRACING, "FILE", "null", "Extrae is not used", **NEEDLESS),
    value("trace_label", TRACING, "NAME", "name of the application", "label of the trace", setting="trace_label"),
    switch(
        "tracing_task_dependencies", TRACING, "draw dependencies as communications", setting="tracing_task_dependencies"
    ),
    switch("generate_trace", TRACING, "make it at the end", default="true", setting="generate_trace"),
    switch("delete_trace_packages", TRACING, "delete what was merged", default="true", **NEEDLESS),
    switch("custom_threads", TRACING, "name threads in the trace", default="true", **NEEDLESS),
    # ------------------------------------------------------------------ runtime
    *RUNTIME_OPTIONS,
)
