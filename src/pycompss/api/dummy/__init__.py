"""The decorators and functions of the API for programs that want no runtime at all: always sequential."""
