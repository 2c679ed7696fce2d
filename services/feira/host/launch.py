"""Becomes another program: as another account if asked, and never outliving its parent.

It runs as a script of its own rather than between fork and exec, where a process with threads may do next to nothing.
It imports the standard library alone, so that it starts in some ten milliseconds.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int, signal: int) -> None:
    """Have the kernel send this process `signal` when its parent ends, and end now if the parent has ended already.

    Linux forgets this when the account changes, so ask after that. Elsewhere only the second half is kept.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # No parent is left to hear of an exception.


def main(arguments: list[str]) -> None:
    """`launch.py PARENT SIGNAL UID GID PROGRAM [ARGUMENT …]`; a UID of -1 changes nothing."""
    parent, signal, uid, gid = map(int, arguments[:4])
    command = arguments[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    die_with(parent, signal)
    try:
        os.execv(command[0], command)  # noqa: S606 - to become another program is what this one is for.
    except OSError as failure:
        sys.exit(f"{command[0]}: {failure.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
