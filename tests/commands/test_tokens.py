"""Pieces of a token beside options: a dash at its beginning makes a piece no option."""

from __future__ import annotations

import click
import pytest

from dojo.commands.tokens import TokenCommand

Parsed = tuple[str, tuple[str, ...], str | None, bool]


@click.command(cls=TokenCommand, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("what")
@click.argument("token", nargs=-1)
@click.option("--output")
@click.option("--open", "show", is_flag=True)
def command(what: str, token: tuple[str, ...], output: str | None, show: bool) -> Parsed:
    return what, token, output, show


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("k", ("k", (), None, False)),
        ("k AB -lukEhf1 --open", ("k", ("AB", "-lukEhf1"), None, True)),
        ("k -OhX --output f -hZ9", ("k", ("-OhX", "-hZ9"), "f", False)),
        ("--output=f k --Ab", ("k", ("--Ab",), "f", False)),
        ("k -- --open -h", ("k", ("--open", "-h"), None, False)),
        ("k --output -f", ("k", (), "-f", False)),
    ],
)
def test_what_is_no_option_is_a_piece(arguments: str, expected: Parsed) -> None:
    """Options are found before, between and after the pieces; their values stay theirs."""
    assert command.main(arguments.split(), standalone_mode=False) == expected


@pytest.mark.parametrize("arguments", ["k --outptu f", "k -x", "--output", "k --output", ""])
def test_mistakes_are_complained_of(arguments: str) -> None:
    """An unknown option that looks like one, a missing value, a missing argument."""
    with pytest.raises(click.UsageError):
        command.main(arguments.split(), standalone_mode=False)


def test_help_is_still_help(capsys: pytest.CaptureFixture[str]) -> None:
    """In both spellings."""
    for word in ("-h", "--help"):
        command.main(["k", word], standalone_mode=False)
        assert "Usage:" in capsys.readouterr().out
