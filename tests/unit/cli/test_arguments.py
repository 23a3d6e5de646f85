"""Reading the command line."""

from __future__ import annotations

import dataclasses

import pytest

from pycompss.cli import usage
from pycompss.cli.arguments import BadArgument, parse
from pycompss.cli.option import Status, Value
from pycompss.cli.options import OPTIONS
from pycompss.runtime import config as configuration


def refusal(*words: str) -> str:
    with pytest.raises(BadArgument) as caught:
        parse(words)
    return str(caught.value)


def test_the_first_word_that_is_no_option_is_the_application() -> None:
    line = parse(["-g", "--log_dir=/x", "app.py", "--summary", "a b", "", "-g"])
    assert (line.application, line.app_args) == ("app.py", ("--summary", "a b", "", "-g"))
    assert line.flags == {"graph": ("-g", "true"), "log_dir": ("--log_dir", "/x")}


def test_two_dashes_end_the_options() -> None:
    line = parse(["-g", "--", "-odd-name.py", "x"])
    assert (line.application, line.app_args) == ("-odd-name.py", ("x",))


def test_without_an_application_there_is_none() -> None:
    assert (parse([]).application, parse(["--"]).application) == ("", "")


@pytest.mark.parametrize(
    ("word", "setting", "text"),
    [
        ("-g", "graph", "true"),
        ("--graph", "graph", "true"),
        ("--graph=false", "graph", "false"),
        ("-m", "monitoring", "2000"),
        ("--monitoring=500", "monitoring", "500"),
        ("-d", "log_level", "debug"),
        ("--log_level=api", "log_level", "api"),
        ("--log-dir=/a=b", "log_dir", "/a=b"),
        ("--cpus_per_node=8", "workers", "8"),
        ("--store_limit=2GB", "store_limit", "2GB"),
        ("--tracing=extrae,monitor", "tracing", "extrae,monitor"),
    ],
)
def test_an_option_sets_its_setting(word: str, setting: str, text: str) -> None:
    assert parse([word]).flags == {setting: (word.partition("=")[0], text)}


def test_the_last_of_two_equal_options_counts_but_paths_are_joined() -> None:
    line = parse(["--log_dir=/a", "--log_dir=/b", "--env_script=x.sh", "--env_script=y.sh", "--pythonpath=/p:/q"])
    texts = {name: text for name, (_, text) in line.flags.items()}
    assert texts == {"log_dir": "/b", "env_script": "x.sh:y.sh", "pythonpath": "/p:/q"}


def test_an_unknown_option_is_refused_with_a_close_match() -> None:
    assert refusal("--sumary") == "--sumary (did you mean --summary?)"
    assert refusal("--task-outptu=live") == "--task-outptu=live (did you mean --task_output?)"
    assert refusal("--xyzzy") == "--xyzzy"


def test_an_option_that_needs_a_value_says_so() -> None:
    assert refusal("--log_dir", "/x", "app.py") == "--log_dir needs a value: --log_dir=DIR"


def test_an_option_without_value_takes_none() -> None:
    assert refusal("-d=3") == "-d=3: -d takes no value"


def test_other_languages_are_refused() -> None:
    assert refusal("--lang=java") == "--lang=java: applications in Java cannot be run, only Python ones"
    assert refusal("--lang=cobol") == "--lang=cobol: expected python"
    assert parse(["--lang=PYTHON", "app.py"]).application == "app.py"


def test_features_to_come_are_accepted_and_named_once() -> None:
    line = parse(["-p", "--provenance=x.yaml", "-p", "app.py"])
    assert line.notes == [
        "-p is not available yet; the run goes on without it",
        "--provenance is not available yet; the run goes on without it",
    ]


@pytest.mark.parametrize("word", ["--tracing=false", "--streaming=NONE", "--storage_conf=null",
                                  "--checkpoint=NoCheckpoint", "--gpu_affinity=automatic"])  # fmt: skip
def test_declining_a_feature_to_come_is_no_reason_to_speak(word: str) -> None:
    assert parse([word]).notes == []


def test_what_concerns_the_jvm_is_accepted_in_silence() -> None:
    line = parse(["--jvm_workers_opts=-Xms1g,-Xmx2g", "--external_debugger", "--comm=x.y.Z", "--task_count=99"])
    assert (line.notes, line.flags) == ([], {})


def test_an_old_name_is_told() -> None:
    line = parse(["--base_log_dir=/x"])
    assert line.flags["log_dir"] == ("--base_log_dir", "/x")
    assert line.notes == ["--base_log_dir is an old name of --log_dir"]


# ---------------------------------------------------------------- the table


def test_no_two_options_have_the_same_name() -> None:
    names = [name for option in OPTIONS for name in option.names]
    assert sorted(names) == sorted(set(names))


def test_every_option_sets_something_that_exists() -> None:
    fields = {field.name for field in dataclasses.fields(configuration.Config)}
    assert {option.setting for option in OPTIONS if option.setting} <= fields


def test_every_setting_has_an_option() -> None:
    settings = {field.name for field in configuration.settings()}
    assert settings <= {option.setting for option in OPTIONS}


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.setting], ids=lambda option: option.name)
def test_the_text_that_an_option_alone_stands_for_can_be_read(option) -> None:
    parsers = {field.name: field.metadata["parse"] for field in configuration.settings()}
    if option.value is not Value.REQUIRED:
        assert parsers[option.setting](option.bare) not in (None, False, 0)


def test_all_documented_options_are_there() -> None:
    documented = """
        help opts version graph tracing monitoring external_debugger jmx_port task_execution storage_impl storage_conf
        project resources socket lang summary log_level debug extrae_config_file extrae_config_file_python trace_label
        tracing_task_dependencies generate_trace delete_trace_packages custom_threads comm conn streaming
        streaming_master_name streaming_master_port scheduler scheduler_config_file checkpoint checkpoint_params
        checkpoint_folder library_path classpath appdir pythonpath env_script log_dir base_log_dir specific_log_dir
        master_working_dir uuid master_name master_port jvm_master_opts jvm_workers_opts cpu_affinity gpu_affinity
        fpga_affinity fpga_reprogram io_executors task_count input_profile output_profile PyObject_serialize
        persistent_worker_c enable_external_adaptation gen_coredump keep_workingdir python_interpreter
        python_propagate_virtual_environment python_mpi_worker python_memory_profile python_worker_cache
        python_cache_profiler wall_clock_limit shutdown_in_node_failure provenance provenance_folder zip_provenance
        coverage
    """.split()
    memory = {"store_limit", "store_spill", "spill_directory"}
    devices = {"gpus_per_node", "fpgas_per_node", "http_pool_size"}
    jobs = {"worker_in_master_cpus", "max_tasks_per_node", "scheduler_file", "scheduler_address"}
    jobs |= {"worker_in_master_memory", "node_memory", "elasticity", "automatic_scaling", "worker_working_dir"}
    ours = (
        {"engine", "cpus_per_node", "progress", "task_output"}
        | memory
        | devices
        | {"agents", "monitor_port", "node_timeout"}
    )
    ours |= jobs
    assert {option.name for option in OPTIONS} == set(documented) | ours


def test_the_usage_tells_every_option_and_what_is_missing() -> None:
    text = usage.options_text()
    assert all(option.form in text for option in OPTIONS)
    assert text.count("[not available yet]") + text.count("[not\n") > 10
    assert max(map(len, text.splitlines())) <= 100


def test_the_reference_has_a_row_for_every_option() -> None:
    rows = [row for row in usage.markdown().splitlines() if row.startswith("| `")]
    assert len(rows) == len(OPTIONS)
    later = [option for option in OPTIONS if option.status is Status.LATER]
    assert usage.markdown().count("accepted, not available yet") == len(later)
