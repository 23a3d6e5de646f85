"""The documented keyword arguments of `interactive.start`, and which settings of a run they are."""

from __future__ import annotations

SETTINGS = {
    "log_level": "log_level",
    "graph": "graph",
    "trace": "tracing",
    "trace_label": "trace_label",
    "tracing_task_dependencies": "tracing_task_dependencies",
    "monitor": "monitoring",
    "project_xml": "project",
    "resources_xml": "resources",
    "summary": "summary",
    "uuid": "uuid",
    "log_dir": "log_dir",
    "master_working_dir": "master_working_dir",
    "profile_input": "input_profile",
    "profile_output": "output_profile",
    "scheduler": "scheduler",
    "cpu_affinity": "cpu_affinity",
    "io_executors": "io_executors",
    "gpu_affinity": "gpu_affinity",
    "fpga_affinity": "fpga_affinity",
    "env_script": "env_script",
    "wcl": "wall_clock_limit",
    "shutdown_in_node_failure": "shutdown_in_node_failure",
}
