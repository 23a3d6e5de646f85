"""Which elements resources.xml and project.xml may have, and what becomes of them here.

`CHILDREN` says what may stand inside what. Of that, `UNSUPPORTED` names what describes machines that this release
cannot use: present, it is accepted, and named once. What is found out anyway (which disks are shared), or means nothing
here (prices, ports, where COMPSs is installed), is accepted in silence.
"""

from __future__ import annotations

from collections.abc import Iterator

from pycompss.deploy.xml import Element

_HARDWARE = ("Processor", "Memory", "Storage", "OperatingSystem", "Software", "SharedDisks", "Price")

_COMMON = {
    "Processor": ("ComputingUnits", "Architecture", "Speed", "Type", "InternalMemorySize", "ProcessorProperty"),
    "ProcessorProperty": ("Key", "Value"),
    "Memory": ("Size", "Type"),
    "Storage": ("Size", "Type", "Bandwidth"),
    "OperatingSystem": ("Type", "Distribution", "Version"),
    "Software": ("Application",),
    "SharedDisks": ("AttachedDisk",),
    "AttachedDisk": ("MountPoint",),
    "Price": ("TimeUnit", "PricePerUnit"),
    "Adaptors": ("Adaptor",),
    "Adaptor": ("SubmissionSystem", "Ports", "BrokerAdaptor", "User", "Properties", "Property"),
    "SubmissionSystem": ("Batch", "Interactive"),
    "Batch": ("Queue",),
    "Ports": ("MinPort", "MaxPort", "SpawnerPort", "RemoteExecutionCommand"),
    "Image": (
        "Adaptors", "OperatingSystem", "Software", "SharedDisks", "CreationTime", "Price", "InstallDir", "WorkingDir",
        "User", "Application", "LimitOfTasks", "Package",
    ),
    "Images": ("Image",),
    "InstanceTypes": ("InstanceType",),
    "InstanceType": ("Processor", "Memory", "Storage", "Price"),
}  # fmt: skip

RESOURCES: dict[str, tuple[str, ...]] = {
    **_COMMON,
    "ResourcesList": (
        "SharedDisk", "DataNode", "ComputeNode", "Service", "Http", "CloudProvider", "ComputingCluster", "Adaptor",
    ),
    "SharedDisk": ("Storage",),
    "DataNode": ("Host", "Path", "Adaptors", "Storage", "SharedDisks"),
    "ComputeNode": (*_HARDWARE, "Adaptors"),
    "Service": ("Name", "Namespace", "Port", "Price"),
    "Http": ("ServiceName", "Price"),
    "CloudProvider": ("Endpoint", "Images", "InstanceTypes"),
    "Endpoint": ("Server", "ConnectorJar", "ConnectorClass", "Port"),
    "ComputingCluster": (*_HARDWARE, "Adaptors", "ClusterNode"),
    "ClusterNode": (*_HARDWARE, "MaxNumNodes"),
}  # fmt: skip

_DEPLOYMENT = ("InstallDir", "WorkingDir", "User", "Application", "LimitOfTasks", "Adaptors")

PROJECT: dict[str, tuple[str, ...]] = {
    **_COMMON,
    "Project": ("MasterNode", "ComputeNode", "DataNode", "Service", "Http", "Cloud", "ComputingCluster"),
    "MasterNode": (*_HARDWARE, "Adaptors"),
    "ComputeNode": _DEPLOYMENT,
    "DataNode": ("Host", "Path", "Adaptors", "Storage", "SharedDisks"),
    "Application": (
        "AppDir", "LibraryPath", "Classpath", "Pythonpath", "EnvironmentScript", "PythonInterpreter",
    ),
    "Service": ("LimitOfTasks",),
    "Http": ("LimitOfTasks",),
    "Cloud": ("CloudProvider", "InitialVMs", "MinimumVMs", "MaximumVMs"),
    "CloudProvider": ("LimitOfVMs", "Properties", "Images", "InstanceTypes"),
    "Properties": ("Property",),
    "Property": ("Name", "Value"),
    "Package": ("Source", "Target", "IncludedSoftware"),
    "IncludedSoftware": ("Application",),
    "ComputingCluster": (*_DEPLOYMENT, "ClusterNode", "Software"),
    "ClusterNode": ("NumberOfNodes",),
}  # fmt: skip

# Inside these anything may stand: who writes their content knows what it means.
_OPEN = frozenset({"Properties"})

UNSUPPORTED = frozenset(("DataNode", "CloudProvider", "Cloud", "ComputingCluster"))


def check(element: Element, children: dict[str, tuple[str, ...]]) -> None:
    """Raise ConfigurationError for the first element that may not stand where it does."""
    allowed = children.get(element.tag, ())
    for child in element.children:
        if child.tag not in allowed:
            raise child.wrong(_misplaced(child, element, allowed))
        if child.tag not in _OPEN:
            check(child, children)


def _misplaced(child: Element, parent: Element, allowed: tuple[str, ...]) -> str:
    import difflib  # noqa: PLC0415  (only for a mistake)

    near = difflib.get_close_matches(child.tag, allowed, n=1)
    hint = f" (did you mean <{near[0]}>?)" if near else ""
    inside = f"; there may be {', '.join(f'<{name}>' for name in allowed)}" if allowed and not near else ""
    return f"is unknown inside <{parent.tag}>{hint}{inside}"


def unsupported(element: Element) -> Iterator[Element]:
    """The outermost elements that have no effect here."""
    for child in element.children:
        if _has_no_effect(child):
            yield child
        else:
            yield from unsupported(child)


def _has_no_effect(element: Element) -> bool:
    return element.tag in UNSUPPORTED and bool(element.text or element.attributes or element.children)
