"""``grader.py completion``: prints what makes a shell complete the commands of the grader."""

from __future__ import annotations

import shlex
import sys

import click

from dojo.commands.group import debug
from dojo.grading.catalogue import ROOT
from dojo.grading.result import ExitCode

# Each script looks for grader.py among the words, so that `uv run grader.py` is completed as well, and leaves
# all other command lines of uv to whoever completed them before. It asks the program itself what to offer.
_BASH = """\
_grader_before=$(complete -p uv 2>/dev/null | sed -n 's/.* -F \\([^ ]*\\) .*/\\1/p')
[ "$_grader_before" = _grader_complete ] || _grader_uv=$_grader_before
_grader_complete() {
    local at=0 kind value
    while (( at < COMP_CWORD )) && [[ ${COMP_WORDS[at]##*/} != grader.py ]]; do at=$((at + 1)); done
    if (( at == COMP_CWORD )); then
        if [[ -n $_grader_uv ]]; then "$_grader_uv" "$@"; fi
        return
    fi
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            file) compopt -o default 2>/dev/null ;;
            dir) compopt -o dirnames 2>/dev/null ;;
        esac
    done < <(COMP_WORDS="${COMP_WORDS[*]:at}" COMP_CWORD=$((COMP_CWORD - at)) \\
        _GRADER_PY_COMPLETE=bash_complete PROGRAM 2>/dev/null)
}
complete -o default -F _grader_complete grader.py uv
"""
_ZSH = """\
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
[[ ${_comps[uv]:-} == _grader_complete ]] || _grader_uv=${_comps[uv]:-}
_grader_complete() {
    local at=1 kind value help
    local -a found
    while (( at < CURRENT )) && [[ ${words[at]:t} != grader.py ]]; do (( at++ )); done
    if (( at == CURRENT )); then
        if [[ -n $_grader_uv ]]; then $_grader_uv "$@"; else _files; fi
        return
    fi
    while read -r kind && read -r value && read -r help; do
        case $kind in
            plain) [[ $help == _ ]] && found+=("$value") || found+=("$value:$help") ;;
            file) _files ;;
            dir) _files -/ ;;
        esac
    done < <(COMP_WORDS="${words[at,CURRENT]}" COMP_CWORD=$((CURRENT - at)) \\
        _GRADER_PY_COMPLETE=zsh_complete PROGRAM 2>/dev/null)
    (( $#found )) && _describe '' found
}
compdef _grader_complete grader.py uv
"""
_FISH = """\
function __grader_words
    set -l words (commandline -opc)
    for at in (seq (count $words))
        if string match -qr '(^|/)grader\\.py$' -- $words[$at]
            string join \\n -- $words[$at..-1]
            return 0
        end
    end
    return 1
end
function __grader_complete
    set -l words (__grader_words) (commandline -ct)
    set -lx COMP_WORDS (string join ' ' -- $words)
    set -lx COMP_CWORD (commandline -ct)
    set -lx _GRADER_PY_COMPLETE fish_complete
    for each in (PROGRAM 2>/dev/null)
        set -l parts (string split -m 1 ',' -- $each)
        switch $parts[1]
            case plain
                echo $parts[2]
            case file
                __fish_complete_path (commandline -ct)
            case dir
                __fish_complete_directories (commandline -ct)
        end
    end
end
for each in uv grader.py
    complete -c $each -n '__grader_words >/dev/null' -f -a '(__grader_complete)'
end
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@click.command()
@click.argument("shell", type=click.Choice(list(_SCRIPTS)))
@debug
def completion(shell: str) -> int:
    """Print a script that makes SHELL complete commands, options, katas, properties, attempts.

    \b
    bash   eval "$(uv run grader.py completion bash)"
    zsh    eval "$(uv run grader.py completion zsh)"
    fish   uv run grader.py completion fish | source

    It works for this shell, after `uv run grader.py`; put the line into ~/.bashrc, ~/.zshrc or
    ~/.config/fish/config.fish, behind a `cd` to this folder, to have it in every one.
    """
    program = shlex.join([sys.executable, str(ROOT / "grader.py")])
    click.echo(_SCRIPTS[shell].replace("PROGRAM", program), nl=False)
    return ExitCode.PASSED
