"""Tasks that are more than a Python function: programs, services, functions with something before, after or around.

A `Launcher` travels in the place of the task's function and is called with the same arguments, so files, failure
policies, time-outs and cancellation know nothing of it. What it starts is said by a *kind*: one module here, with one
function `run(launch)`, which makes a command line of the options and arguments (see `binary`) and executes it:

    launcher     what travels, and the steps of a call
    launch       one call, as a kind sees it: options, values, `arguments()`, `execute(command)`, `body()`
    commandline  values and templates become words
    programs     one program from its start to its end, whatever happens meanwhile

    filling      values in the texts of a request

Programs are never started by way of a shell.
"""
