"""Number of threads of OpenCV."""

import cv2


def limit_opencv_threads(number: int) -> None:
    """Limit OpenCV to a number of threads in this process, at least one.

    By default it starts one for each visible processor. Lambda shows more processors than the function pays for, and
    several classifiers in one process would compete for them.
    """
    cv2.setNumThreads(max(1, number))
