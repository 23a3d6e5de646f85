"""The words of a Paraver trace: states and event types with their values (`.pcf`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

TASK, TASK_ID, TASK_TYPE, READY, REQUEST, TRANSFER = 8000000, 8000002, 8000007, 8000006, 8000003, 8000004
ASKED = CPUS, GPUS, MEMORY, BANDWIDTH = 8000008, 8000009, 8000010, 8000011  # what tasks ask for
API, ROLE, EXECUTORS, EXECUTOR_ID = 8001001, 8001003, 8001004, 8001006
ITEMS = 8000020
CORE, GPU, BINDING_CORE, CORES, BINDING_GPU = 8000150, 8000160, 9000150, 9000151, 9000160  # what tasks are bound to
BINDING_TYPE, PHASE, WORKER, BINDING, USER = 9000000, 9000100, 9000200, 9000300, 9100000
FIRST_OF_USERS = 8000051

IDLE, RUNNING, SYNCHRONISING = 0, 1, 5
TASK_DISPATCHER, EXECUTOR = 3, 8  # roles
WORKING = ("start", "stop", "delete_file")  # calls in which the program waits for nobody
WAITING, PROCESSING = 1, 2  # what a worker process does
PROGRAM = 3  # what the program does when it is in no call
PARAMETERS, USER_CODE, RESULTS, WAIT = 4, 6, 9, 22  # phases inside a task
CALLS = {  # of the API, of the binding
    "start": (2, 1),
    "stop": (3, 2),
    "barrier": (6, 13),
    "barrier_group": (6, 14),
    "wait_on": (9, 23),
    "wait_on_file": (8, 23),
    "open": (7, 23),
    "delete_file": (12, PROGRAM),
    "cancel_group": (6, 27),
}

_HEAD = """DEFAULT_OPTIONS

LEVEL               THREAD
UNITS               NANOSEC
LOOK_BACK           100
SPEED               1
FLAG_ICONS          ENABLED
NUM_OF_STATE_COLORS 1000
YMAX_SCALE          37


DEFAULT_SEMANTIC

THREAD_FUNC         State As Is


"""
_STATES = (
    ("Idle", (117, 195, 255)),
    ("Running", (0, 0, 255)),
    ("Not created", (255, 255, 255)),
    ("Waiting a message", (255, 0, 0)),
    ("Blocking Send", (255, 0, 174)),
    ("Synchronization", (179, 0, 0)),
    ("Test/Probe", (0, 255, 0)),
    ("Scheduling and Fork/Join", (255, 255, 0)),
    ("Wait/WaitAll", (235, 0, 0)),
    ("Blocked", (0, 162, 0)),
    ("Immediate Send", (255, 0, 255)),
    ("Immediate Receive", (100, 100, 177)),
    ("I/O", (172, 174, 41)),
    ("Group Communication", (255, 144, 26)),
    ("Tracing Disabled", (2, 255, 177)),
    ("Others", (192, 224, 0)),
)
_API = {
    1: "Loading runtime", 2: "Start", 3: "Stop", 4: "Execute task", 5: "Waiting for tasks end", 6: "Barrier",
    7: "Waiting for open file", 8: "Waiting for get file", 9: "Waiting for get object", 10: "Binding object",
    12: "Delete file", 57: "Waiting for open directory", 58: "Waiting for get directory", 59: "Wait for concurrent",
    80: "Snapshot",
}  # fmt: skip
_ROLES = {
    2: "Access processor", 3: "Task dispatcher", 4: "File system (low)", 5: "File system (high)", 6: "Timer",
    7: "Wall clock", 8: "Executor", 9: "Python worker", 10: "Cache",
}  # fmt: skip
_PHASES = {
    1: "CPU binding", 2: "GPU binding", 3: "Set environment", 4: "Get parameters", 5: "Import user module",
    6: "User code", 7: "Deserialise string", 8: "Deserialise object", 9: "Serialise object", 10: "Serialise to MPI",
    22: "Wait on", 23: "Instantiate (nested)", 31: "Clean up",
}  # fmt: skip
_BINDING = {1: "Start runtime", 2: "Stop runtime", 3: "Application running", 13: "Barrier", 14: "Barrier of a group",
            23: "Wait on", 24: "Process task",
            27: "Cancel group"}  # fmt: skip


Names = Mapping[int, tuple[str, Mapping[int, str]]]  # of types of events, and of their values


def text(types: Mapping[int, str], own: Iterable[tuple[int, int]], names: Names) -> Iterator[str]:
    """The file. types: names of task types; own: types and values of the user's events; names: which have some."""
    yield _HEAD
    yield "STATES\n" + "".join(f"{number}    {name}\n" for number, (name, _) in enumerate(_STATES)) + "\n\n"
    yield "STATES_COLOR\n"
    yield from (f"{number}    {{{r},{g},{b}}}\n" for number, (_, (r, g, b)) in enumerate(_STATES))
    yield "\n\n"
    tasks = {number + 1: name for number, name in sorted(types.items())}
    yield _block(TASK, "Task", tasks)
    yield _block(TASK_TYPE, "Task type", tasks)
    yield _block(TASK_ID, "Task ID", {})
    yield _block(READY, "Ready tasks", {})
    yield _block(ITEMS, "Items in streams", {})
    yield _block(REQUEST, "Task that waits for data", {})
    yield _block(TRANSFER, "Data transfer", {})
    yield _block(CPUS, "Requested CPUs", {})
    yield _block(GPUS, "Requested GPUs", {})
    yield _block(MEMORY, "Requested memory (MB)", {})
    yield _block(BANDWIDTH, "Requested disk bandwidth", {})
    yield _block(CORE, "CPU affinity", {})
    yield _block(GPU, "GPU affinity", {})
    yield _block(BINDING_CORE, "CPU affinity of the binding", {})
    yield _block(CORES, "Cores of the task", {})
    yield _block(BINDING_GPU, "GPU affinity of the binding", {})
    yield _block(API, "Runtime API", _API)
    yield _block(ROLE, "Thread role", _ROLES)
    yield _block(EXECUTORS, "Executors", {})
    yield _block(EXECUTOR_ID, "Executor ID", {})
    yield _block(PHASE, "Inside a task", _PHASES)
    yield _block(BINDING_TYPE, "Task type of the binding", tasks)
    yield _block(WORKER, "Worker process", {WAITING: "Running", PROCESSING: "Process task"})
    yield _block(BINDING, "Program", _BINDING)
    yield from _own(own, names)
    yield _gradient()


def _own(own: Iterable[tuple[int, int]], names: Names) -> Iterator[str]:
    values: dict[int, dict[int, str]] = {type_: dict(known) for type_, (_, known) in names.items()}
    values.setdefault(USER, {})
    for type_, value in own:
        values.setdefault(type_, {}).setdefault(value, f"Value {value}")
    for type_, known in sorted(values.items()):
        usual = "User events" if type_ == USER else f"User events {type_}"
        yield _block(type_, names.get(type_, (usual, {}))[0], known)


def _block(type_: int, label: str, values: Mapping[int, str]) -> str:
    head = f"EVENT_TYPE\n0    {type_}    {label}\n"
    if not values:
        return head + "\n\n"
    ends = {0: "End", **{value: name for value, name in values.items() if value}}
    return head + "VALUES\n" + "".join(f"{value}      {name}\n" for value, name in sorted(ends.items())) + "\n\n"


def _gradient() -> str:
    colours = "".join(f"{n}    {{0,{255 - 17 * n},{17 * n}}}\n" for n in range(15))
    names = "".join(f"{n}    Gradient {n}\n" for n in range(15))
    return f"GRADIENT_COLOR\n{colours}\n\nGRADIENT_NAMES\n{names}\n\n"
