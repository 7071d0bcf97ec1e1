"""What the TAB key offers for an argument: katas, properties, attempts, the last token. It has to be quick."""

from __future__ import annotations

import os

from click import Context, Parameter
from click.shell_completion import CompletionItem, split_arg_string

from dojo.grading.catalogue import Kata, load
from dojo.grading.sources.promises import promises
from dojo.grading.workspace import REPOSITORY, Workspace


def katas(context: Context, parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of katas; in a list of several those that are not in it yet."""
    given = context.params.get(parameter.name or "") if parameter.nargs == -1 else None
    return [
        CompletionItem(kata.name, help=kata.title)
        for kata in load()
        if kata.name.startswith(incomplete) and kata.name not in (given or ())
    ]


def katas_and_files(context: Context, parameter: Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of katas, or else files."""
    return katas(context, parameter, incomplete) or [CompletionItem(incomplete, type="file")]


def properties(_: Context, __: Parameter, incomplete: str) -> list[CompletionItem]:
    """The short names of the properties of the kata that the command is about."""
    kata = _kata()
    return _starting(incomplete, promises(kata)) if kata is not None else []


def tokens(context: Context, _: Parameter, incomplete: str) -> list[CompletionItem]:
    """The token of the kata's last failure."""
    kata = _kata()
    last = _workspace(context).history().last(kata.name) if kata is not None else None
    if last is None or not last.token or context.params.get("token"):
        return []
    return _starting(incomplete, {last.token: last.slug})


def attempts(context: Context, _: Parameter, incomplete: str) -> list[CompletionItem]:
    """The numbers of the attempts that were set aside."""
    from dojo.grading.learner.attempts import attempts as kept

    kata = _kata()
    if kata is None:
        return []
    found = kept(kata, _workspace(context))
    return _starting(incomplete, {str(each.number): f"{each.kept_at}, {each.lines} lines" for each in found})


def _starting(incomplete: str, texts: dict[str, str]) -> list[CompletionItem]:
    return [CompletionItem(value, help=text) for value, text in texts.items() if value.startswith(incomplete)]


def _workspace(context: Context) -> Workspace:
    found = context.find_object(Workspace)
    return found if found is not None else REPOSITORY


def _kata() -> Kata | None:
    """The kata that a command line is about, as far as it goes: what click makes of half a one may lack it."""
    katas = {kata.name: kata for kata in load()}
    for word in split_arg_string(os.environ.get("COMP_WORDS", "")):
        stem = word.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
        if stem in katas:
            return katas[stem]
    return None
