"""Default stack of all commands for a deployment."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import click

from blastlens.cli.deployment import DEFAULT_STACK
from blastlens.cli.main import cli

REPOSITORY = Path(__file__).resolve().parents[3]


def commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            assert inner is not None
            yield from commands(inner, f"{name} {each}".strip())


def test_every_command_that_asks_for_a_stack_takes_the_same_by_default():
    defaults = {
        name: option.default for name, command in commands(cli) for option in command.params if option.name == "stack"
    }
    assert {"redrive", "clinic add", "patient device add", "export", "device enroll"} <= set(defaults)
    assert set(defaults.values()) == {DEFAULT_STACK}


def test_the_default_stack_is_the_one_that_a_first_deployment_makes():
    settings = tomllib.loads((REPOSITORY / "samconfig.toml").read_text("utf-8"))
    assert settings["default"]["global"]["parameters"]["stack_name"] == DEFAULT_STACK
