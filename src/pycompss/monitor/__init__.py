"""The page that shows a run: live or afterwards, read-only, on this machine, without anything from the internet.

It runs in a process of its own and knows nothing but the run's folder: `following` reads the journal as it grows,
`answers` says what the page asks for, `server` is the web server, `web/` the page (plain modules of JavaScript, which
browsers take as they are).
"""
