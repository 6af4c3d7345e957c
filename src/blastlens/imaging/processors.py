"""How many processors image work may use."""

import cv2


def use_processors(number: int) -> None:
    """Let OpenCV use so many threads in this process, at least one.

    By itself it starts one for each processor it sees. In Lambda those are more than the function pays for, and beside
    other readers in one process they only get in each other's way.
    """
    cv2.setNumThreads(max(1, number))
