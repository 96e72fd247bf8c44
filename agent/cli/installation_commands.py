"""`calipers fetch` and `calipers doctor`: what is installed, and the weights that are brought on request."""

from __future__ import annotations

import json

import typer

from calipers.agent.cli.options import Format, FormatOption, stdout, working


def fetch() -> None:
    """Bring the base weights into the cache; nothing is ever fetched while answering."""
    from calipers.agent.fetch import fetch_base_weights, fetch_embedding_weights, prepare_base_weights

    for what, bring in (
        ("fetching the base language model", fetch_base_weights),
        ("fetching the sentence embedding", fetch_embedding_weights),
        ("unpacking the base language model", prepare_base_weights),
    ):
        with working(what):
            path, new = bring()
        stdout.print(f"{'Ready' if new else 'Already there'}: {path}", highlight=False, markup=False)


def doctor(output: FormatOption = Format.text) -> None:
    """What is installed, found and hashed; exit code 5 when a needed part is missing."""
    from calipers.agent.cli import show
    from calipers.agent.doctor import examine_installation

    findings = examine_installation()
    if output is Format.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        show.findings(stdout, findings)
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(5)
