"""Runs a program that wants a terminal until it ends: terminal.py SECONDS PROGRAM ARGUMENT... Ends as the program does."""

import os
import pty
import select
import sys
import time

limit, command = time.monotonic() + float(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "vt100"
    os.execvp(command[0], command)
screen = b""
while time.monotonic() < limit:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:
        data = b""
    if not data:
        break
    screen += data
else:
    os.kill(child, 9)
_, status = os.waitpid(child, 0)
if status:
    print(screen.decode(errors="replace"))
sys.exit(1 if status else 0)
