"""Headers of the page's files, by their paths."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class PageHeaders:
    """Headers of the page's files, in lower case.

    Attributes:
        default: of files that no pattern matches.
        by_pattern: pattern of paths, such as `/screening/*` -> headers; the first that matches counts.
    """

    default: Mapping[str, str]
    by_pattern: Mapping[str, Mapping[str, str]]

    def find(self, path: str) -> Mapping[str, str]:
        """Return the headers of a path, which begins with a slash."""
        matching = (headers for pattern, headers in self.by_pattern.items() if fnmatchcase(path, pattern))
        return next(matching, self.default)
