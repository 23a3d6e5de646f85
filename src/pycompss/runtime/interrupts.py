"""Ctrl-C, without harm to the run: the exception waits until the main thread has left what must not be cut in two.

Python raises KeyboardInterrupt between any two steps of the main thread. Inside a submission that would leave the core
half changed, which a program that catches the exception and goes on would notice later, far away. So our handler looks
where it finds the thread:

- it holds one of the session's locks, for a moment: it raises when it looks around next, which a submission then
  does at once; elsewhere the signal is sent once more a little later. (That alone might find the lock held every time:
  who sends it runs when the main thread gives up the interpreter, which it mostly does while it holds the lock.)
- it runs a finaliser (`__del__`), where Python would print the exception and go on: the same;
- it waits for tasks: it is woken, takes the session's lock again and then raises;
- it ends the run: it raises when that is done;
- it is anywhere else: the exception is raised at once.

Only Python's own handler of SIGINT is replaced: a program that has one keeps it.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, cast

from pycompss.errors import users_lines

PAUSE = 0.001  # seconds until the next try
GOES_ON = "its tasks go on"


def _interrupt(becomes: str = GOES_ON) -> KeyboardInterrupt:
    """What is raised; IPython shows it without the runtime's frames, and what becomes of the run."""
    error: Any = KeyboardInterrupt()
    error._render_traceback_ = lambda: [
        *users_lines(error),
        f"KeyboardInterrupt: the program waits no longer; {becomes}",
    ]
    return cast("KeyboardInterrupt", error)


class Interrupts:
    """The handler of SIGINT for as long as a session runs that was started in the main thread.

    locks: RLocks that mark what must not be cut; wake: called when whoever waits has to look at its token again;
    hurry: called when the main thread should soon call `raise_put_off`.
    """

    def __init__(
        self, locks: tuple[Any, ...], wake: Callable[[], object], hurry: Callable[[], object] = lambda: None
    ) -> None:
        self._locks = locks
        self._wake = wake
        self._hurry = hurry
        self._main = threading.main_thread().ident or 0
        self._token: Any = None  # of the main thread's wait
        self._is_held = False
        self._came = False
        self._comes_again = False
        self._is_put_off = False
        self._is_repeated = False  # the signal on its way is not a new one

    def install(self) -> None:
        if self._is_main() and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupted)

    def remove(self) -> None:
        if self._is_main() and signal.getsignal(signal.SIGINT) == self._interrupted:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def expect(self, token: Any) -> None:
        """The calling thread is about to wait for `token`: an interrupt releases it. `settle` must follow."""
        if self._is_main():
            self._token = token

    def settle(self) -> None:
        """The wait is over. Raises the KeyboardInterrupt that came meanwhile."""
        if self._is_main():
            self._token = None
            self._raise_what_came()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is raised inside, but at the end, if that is not the end by an exception."""
        if not self._is_main():
            yield
            return
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        self._raise_what_came("the run has ended")

    def raise_put_off(self) -> None:
        """The main thread holds no lock here. Raises the KeyboardInterrupt that came while it held one."""
        if self._is_put_off and self._is_main():
            self._is_put_off = False
            raise _interrupt()

    def _raise_what_came(self, becomes: str = GOES_ON) -> None:
        if self._came:
            self._came = False
            raise _interrupt(becomes)

    def _is_main(self) -> bool:
        return threading.get_ident() == self._main

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self._is_repeated:
            self._is_repeated = False
            if not self._is_put_off:
                return  # it has been raised since
        self._is_put_off = False
        if self._token is not None or self._is_held:
            self._came = True
            self._end_waiting()
        elif any(lock._is_owned() for lock in self._locks) or _is_in_finaliser(frame):  # noqa: SLF001  (as threading.Condition does)
            self._is_put_off = True
            self._hurry()
            self._try_again()
        else:
            signal.default_int_handler(number, frame)

    def _end_waiting(self) -> None:
        if self._token is not None:
            self._token.release()
            self._wake()

    def _try_again(self) -> None:
        if not self._comes_again:
            self._comes_again = True
            start_new_thread(self._send_again, ())  # takes no lock that the interrupted code may hold

    def _send_again(self) -> None:
        time.sleep(PAUSE)
        self._comes_again = False
        if self._is_put_off:
            self._is_repeated = True
            signal.pthread_kill(self._main, signal.SIGINT)


def _is_in_finaliser(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False
