"""Pictures that stay up to date below their cell.

In a notebook a panel is an `ipywidgets` box with a switch "live" where that is installed, else plain HTML that is
replaced in place; elsewhere it is text. One thread draws all live panels again while their run goes on: of each kind
the latest only, so that a cell that is run often does not make ever more of them. A saved notebook keeps what was last
drawn in plain HTML.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from pycompss.interactive.content import Content
from pycompss.interactive.watching import Watched

Draw = Callable[[], Content]


class Panel:
    """One picture of a run. kind: what it shows."""

    def __init__(self, kind: str, watched: Watched, draw: Draw, period: float) -> None:
        self.kind = kind
        self.watched = watched
        self.draw = draw
        self.period = period
        self.is_live = True
        self._seen: object = None
        self._next = 0.0
        self._replace: Callable[[Content], object] = lambda _content: None

    def show(self, widget: Any = None) -> None:
        """Draw it for the first time. widget: where, if not below the cell."""
        self._seen = self.watched.changes
        content = self.draw()
        if widget is not None:
            self._replace = _into(widget)
            self._replace(content)
        elif not is_notebook():
            print(content.text)
            self.is_live = False
        else:
            self._replace = _widget(self, content) or _handle(content)

    def redraw(self, *, at_once: bool) -> None:
        """Draw it again if there is something new. at_once: whether or not it is time."""
        if not at_once and time.monotonic() < self._next:
            return
        with self.watched.look():  # brings it up to date
            changes = self.watched.changes
        if changes != self._seen:
            self._seen = changes
            self._replace(self.draw())
        self._next = time.monotonic() + self.period


class Panels:
    """The live panels and the thread that draws them; it ends when none is left."""

    def __init__(self) -> None:
        self._live: dict[str, Panel] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()

    def add(self, panel: Panel) -> None:
        """Keep a panel up to date until its run is over."""
        if panel.watched.is_over or not panel.is_live:
            return
        with self._lock:
            self._live[panel.kind] = panel
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pycompss-panels", daemon=True)
                self._thread.start()

    def finish(self) -> None:
        """The run is over: draw everything a last time, and end the thread."""
        thread = self._thread
        self._wake.set()
        if thread is not None:
            thread.join()
        self._wake.clear()

    def _run(self) -> None:
        while self._rest():
            for panel in self._panels():
                self._redraw(panel)

    def _rest(self) -> bool:
        """Sleep until panels are to be drawn; False when the thread is to end."""
        panels = self._panels()
        if panels:
            self._wake.wait(min(panel.period for panel in panels) / 2)
        with self._lock:
            if not self._live:
                self._thread = None
            return bool(self._live)

    def _panels(self) -> list[Panel]:
        with self._lock:
            return list(self._live.values())

    def _redraw(self, panel: Panel) -> None:
        is_last = panel.watched.is_over or self._wake.is_set()
        try:
            if panel.is_live:
                panel.redraw(at_once=is_last)
        except Exception as error:  # noqa: BLE001  (a picture must not end the notebook)
            sys.stderr.write(f"{panel.kind}: {error}\n")
            is_last = True
        if is_last:
            with self._lock:
                if self._live.get(panel.kind) is panel:
                    del self._live[panel.kind]


panels = Panels()


def is_notebook() -> bool:
    """Whether this is a kernel that shows HTML."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def _bundle(content: Content) -> dict[str, str]:
    return {"text/html": content.html, "text/plain": content.text}


def _handle(content: Content) -> Callable[[Content], object]:
    """Show it below the cell; what replaces it there."""
    from IPython.display import display  # noqa: PLC0415  (there is one, or this is no notebook)

    handle: Any = display(_bundle(content), raw=True, display_id=True)
    return lambda new: handle.update(_bundle(new), raw=True)


def _widget(panel: Panel, content: Content) -> Callable[[Content], object] | None:
    """The same with a switch, or None where ipywidgets is missing."""
    try:
        import ipywidgets  # noqa: PLC0415  (optional)
        from IPython.display import display  # noqa: PLC0415
    except ImportError:
        return None
    picture = ipywidgets.HTML(content.html)
    switch = ipywidgets.ToggleButton(value=True, description="live", tooltip="follow the run", icon="refresh")
    switch.layout.width = "80px"
    switch.observe(lambda change: setattr(panel, "is_live", change["new"]), "value")
    box = ipywidgets.VBox([picture] if panel.watched.is_over else [switch, picture])
    display({**box._repr_mimebundle_(), **_bundle(content)}, raw=True)

    def replace(new: Content) -> None:
        picture.value = new.html
        if panel.watched.is_over:
            box.children = [picture]

    return replace


def _into(widget: Any) -> Callable[[Content], object]:
    """Show it in a widget of the user's: one with a value (`HTML`), or an `Output`."""
    if hasattr(widget, "value"):
        return lambda content: setattr(widget, "value", content.html)

    def replace(content: Content) -> None:
        from IPython.display import clear_output, display  # noqa: PLC0415

        with widget if hasattr(widget, "__enter__") else contextlib.nullcontext():
            clear_output(wait=True)
            display(_bundle(content), raw=True)

    return replace
