"""`--input_profile` and `--output_profile`, as far as a run can tell before it begins whether they will do."""

from __future__ import annotations

import os

from pycompss.errors import ConfigurationError
from pycompss.runtime.config import Config


def expectations(config: Config) -> dict[str, float]:
    """Seconds that types of tasks are expected to take. Raises ConfigurationError, also for the other option."""
    if config.output_profile is not None:
        folder = os.path.dirname(os.path.abspath(config.output_profile))
        if not os.access(folder, os.W_OK):
            raise ConfigurationError(f"output_profile = {config.output_profile}: nothing can be written in {folder}")
    if config.input_profile is None:
        return {}
    from pycompss.observe.profile import expected  # noqa: PLC0415  (rarely asked for)

    try:
        return expected(config.input_profile)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"input_profile = {config.input_profile} cannot be read: {error}") from None
