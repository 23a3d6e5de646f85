"""The spill file that a configuration asks for."""

from __future__ import annotations

from pycompss.errors import ConfigurationError
from pycompss.runtime.config import Config
from pycompss.runtime.folder import RunFolder
from pycompss.store.spill import SpillFile


def of(config: Config, folder: RunFolder) -> SpillFile | None:
    """None if nothing is to be spilled. Raises ConfigurationError for a directory in which no file can be made."""
    if not config.store_spill or config.engine == "dask":
        return None
    directory = config.spill_directory
    file = SpillFile((lambda: directory) if directory else (lambda: folder.temporary))
    if directory:
        try:
            file.open()
        except OSError as error:
            raise ConfigurationError(
                f"spill_directory = {directory!r} ({config.origin('spill_directory')}): no file can be made there: "
                f"{error.strerror}"
            ) from None
    return file
