"""Lock of a spool against a second agent, on POSIX systems and Windows."""

import sys
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def lock_file(file: IO[str]) -> None:
        """Lock an open file until it is closed or the process ends.

        Raises:
            OSError: another process has locked it.
        """
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def lock_file(file: IO[str]) -> None:
        """Lock an open file until it is closed or the process ends.

        Raises:
            OSError: another process has locked it.
        """
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
