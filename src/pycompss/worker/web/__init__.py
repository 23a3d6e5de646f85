"""Talking to web services from a worker.

origins      where a connection leads: scheme, host and port of a service, and the proxy before it
connections  connections that are kept open, one for each origin
exchange     one request and its answer, redirections followed
"""
