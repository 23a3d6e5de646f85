"""Tasks that make arrays large enough to lie in shared memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from pycompss.api.task import task

SIZE = 20_000


@task(returns=1)
def made(value: float) -> Any:
    return np.full(SIZE, value)
