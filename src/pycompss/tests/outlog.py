"""A logger that writes plain lines to standard output, for test programs."""

from __future__ import annotations

import logging
import sys

_NAME = "pycompss.tests"


def create_logger() -> logging.Logger:
    """Make the logger write to standard output."""
    logger = logging.getLogger(_NAME)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler(sys.stdout))
    return logger


def get_logger() -> logging.Logger:
    """The logger that `create_logger` made."""
    return logging.getLogger(_NAME)
