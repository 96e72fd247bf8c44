"""The application: every command by name, and errors as one line with the exit code of their family."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from calipers.agent.cli.anonymise_command import anonymise
from calipers.agent.cli.chat_commands import chat
from calipers.agent.cli.ecg_commands import compare, explain, measure, render
from calipers.agent.cli.eval_command import eval_
from calipers.agent.cli.export_command import export
from calipers.agent.cli.installation_commands import doctor, fetch
from calipers.agent.cli.interpret_commands import demo, interpret
from calipers.agent.cli.knowledge_commands import history_app, search
from calipers.agent.cli.mcp_command import mcp
from calipers.agent.cli.options import stderr
from calipers.agent.cli.replay_command import replay
from calipers.agent.cli.review_command import review
from calipers.agent.cli.serve_commands import serve
from calipers.agent.cli.synth_commands import synth
from calipers.errors import CalipersError

app = typer.Typer(
    name="calipers",
    help="Interpret 12-lead ECGs; every claim is measured, cited and re-checked by code. Research use, not a medical device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    demo,
    interpret,
    measure,
    explain,
    compare,
    render,
    review,
    replay,
    export,
    anonymise,
    mcp,
    chat,
    serve,
    synth,
    fetch,
    doctor,
    search,
):
    app.command()(command)
app.command("eval")(eval_)
app.add_typer(history_app, name="history")


def main() -> None:
    """Entry point: run the command and turn errors into one line and an exit code."""
    try:
        # The code of a `typer.Exit` comes back as the result; commands themselves return nothing.
        ended = app(standalone_mode=False)
        if isinstance(ended, int):
            sys.exit(ended)
    except CalipersError as problem:
        _fail(str(problem), problem.exit_code)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except typer.Abort:
        _fail("interrupted", 130)
    except KeyboardInterrupt:
        _fail("interrupted", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as problem:
        # typer's usage errors are click exceptions, with the wording and code 2 the shell expects.
        show = getattr(problem, "show", None)
        if show is None:
            raise
        show()
        sys.exit(getattr(problem, "exit_code", 2))


def _fail(message: str, code: int) -> NoReturn:
    stderr.print(f"calipers: {message}", style=None, markup=False, highlight=False)
    sys.exit(code)
