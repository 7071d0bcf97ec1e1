"""Commands that end in a replay token: a piece of one may begin with a dash and is no option for that."""

from __future__ import annotations

import re

import click

_LIKE_AN_OPTION = re.compile(r"--[a-z][a-z-]*(=.*)?|-[a-zA-Z?]")


class TokenCommand(click.Command):
    """Takes only its own options for options, wherever they stand; all else is an argument.

    With ``ignore_unknown_options`` alone, ``-xhy`` would be a token for want of an option ``-x``, and a request
    for help as well, because there is an option ``-h``.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the options in front of everything else, and ``--`` in between."""
        takes_value = {
            name: not option.is_flag
            for option in self.get_params(ctx)
            if isinstance(option, click.Option)
            for name in (*option.opts, *option.secondary_opts)
        }
        options: list[str] = []
        rest: list[str] = []
        left = iter(args)
        for argument in left:
            name, equals, _ = argument.partition("=")
            if argument == "--":
                rest += left
            elif name in takes_value:
                options.append(argument)
                if takes_value[name] and not equals:
                    value = next(left, None)
                    if value is None:
                        return super().parse_args(ctx, options)  # which misses it
                    options.append(value)
            elif _LIKE_AN_OPTION.fullmatch(argument):
                options.append(argument)  # mistyped: let it be complained of
            else:
                rest.append(argument)
        return super().parse_args(ctx, [*options, "--", *rest])
