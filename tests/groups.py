"""Groups of tests that run in one process.

pytest-xdist 3.8 passes its own groups as suffixes of node ids, which pytest 9.2 ignores (pytest-xdist issue 1386).
"""

from xdist.scheduler import LoadScopeScheduling

SPREAD = ("tests/functional/faults/test_faults.py",)
"""Files each test of which is a group."""

WITH_REAL_FUSION = ("tests/model/test_branches.py", "tests/model/test_explanation.py", "tests/model/test_training.py")
"""Files that use the fixture `real_fusion`, which takes long to make."""


def group_of(node_id: str) -> str:
    """Return the name of a test's group: its file, whose fixtures it shares, unless a constant above says otherwise."""
    file = node_id.partition("::")[0]
    if file in SPREAD:
        return node_id
    return "real fusion" if file in WITH_REAL_FUSION else file


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each process one group at a time."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
