"""Runs untrusted programs against tests, and decides whether they are right.

**How a verdict comes about.** Two processes, each with limits of its own. The *worker* runs the
program. The *checker* runs the problem's tests; a test that calls the program's function sends the
arguments to the worker and takes back plain built-in values. The program never sees the tests,
shares no memory with what decides, and holds no handle to it. So it does not help a program to end
early, to catch ``SystemExit``, to replace ``assert``, the checker or any built-in, to print a
marker, to read frames or sources, or to return an object that equals everything: a verdict of
"passed" takes the right values for every call.

**What is kept out, with bubblewrap:** the network (a namespace without interfaces), other
processes (own process namespace; all die with the sandbox), the file system (only the system's and
Python's own files, read-only, and an empty temporary directory in memory), the environment, and
installed packages (a copy of the problems with their solutions could be among them). With or
without it: limits on processor time, memory, processes, open files and file size, a wall clock
limit on all, and output that goes nowhere.

**What is not covered:**

- Without bubblewrap there are only the limits: a program can read what the user can, open sockets,
  write where the user can, and send signals to the user's processes. The checker is one of those.
- The kernel is shared and no system calls are filtered: a hole in it is a hole in the sandbox.
- A program may behave by the arguments it sees. That is a wrong program passing weak tests, and no
  sandbox can tell.
- Tests that look at an object which is no built-in value can only call it and iterate over it;
  changes a program makes to its arguments do not come back. Every reference solution of HumanEval
  passes; docs/evaluation.md names those of MBPP that cannot.
- Only the standard library can be imported.
"""

from codex_lsp.evals.sandbox.launch import Confinement, open_confinement
from codex_lsp.evals.sandbox.runner import Job, Limits, Sandbox

__all__ = ["Confinement", "Job", "Limits", "Sandbox", "open_confinement"]
