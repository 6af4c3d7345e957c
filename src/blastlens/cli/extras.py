"""How to install an extra, for messages: blastlens is not on PyPI."""


def install_command(extra: str) -> str:
    """Return the commands that install an extra: in a clone of the repository, and with the wheel of `make wheel`."""
    return f"`make install EXTRAS={extra}` in a clone of the repository, or pip install 'WHEEL[{extra}]'"
