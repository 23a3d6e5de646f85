"""An importable module of a program."""

from __future__ import annotations

from types import SimpleNamespace


def plain(x):
    return x + 1


FORTY_TWO = 42


def nested():
    return lambda x: x + FORTY_TWO


def _name():
    return __name__


module_of_lambda = (lambda: lambda: _name())()


class Tasked:
    """What a task looks like from outside."""

    def __init__(self, function):
        self.__wrapped__ = function
        self.__module__ = function.__module__
        self.__name__ = function.__name__
        self.__qualname__ = function.__qualname__
        self.__dict__["definition"] = SimpleNamespace(function=function)

    def __call__(self, *args):
        return "as a task", args

    def __get__(self, instance, owner=None):
        return self


@Tasked
def task(x):
    return x + 10


class Shape:
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side**2

    @Tasked
    def double(self):
        return self.side * 2

    @staticmethod
    def fixed(x):
        return x * 2


def call(function):
    return function()
