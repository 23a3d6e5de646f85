from __future__ import annotations

import pytest

from pycompss.core.resources import Node
from pycompss.engines.fake import FakeEngine


@pytest.fixture
def fake():
    """One node with two computing units."""
    return FakeEngine(units=2)


@pytest.fixture
def pair():
    """Two nodes with two computing units each."""
    return FakeEngine([Node(0, "a", 2), Node(1, "b", 2)])
