"""A real Chromium for tests of pages; Debian's, driven by playwright's Python package."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import components

CHROMIUM = "/usr/bin/chromium"
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
WIDTH, HEIGHT = 1280, 800


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser context with a profile of its own; skips the test where there is none (on CI: fails)."""
    components.need("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        components.unusable("playwright", "pip install 'purecompss[test]'")
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=_FLAGS, viewport={"width": WIDTH, "height": HEIGHT}
        )
        try:
            yield context
        finally:
            context.close()


@pytest.fixture(scope="module")
def browser(no_leaks_of_module: None) -> Iterator[Any]:
    """The browser of a module; its page is `browser.pages[0]`."""
    with chromium() as context:
        yield context
