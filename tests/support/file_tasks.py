"""Tasks of a program that brings files and directories to tasks, and back; it imports what they need."""

FILE_TASKS = """\
@task(f=FILE_INOUT)
def add(f, text):
    with open(f, "a") as file:
        file.write(text)

@task(source=FILE_IN, d=DIRECTORY_OUT)
def spread(source, d):
    os.makedirs(d, exist_ok=True)
    for name in "ab":
        with open(source) as file, open(os.path.join(d, name), "w") as out:
            out.write(file.read() + name)

@task(d=DIRECTORY_IN, f=FILE_OUT)
def join(d, f):
    with open(f, "w") as out:
        for name in sorted(os.listdir(d)):
            with open(os.path.join(d, name)) as file:
                out.write(file.read())
"""
