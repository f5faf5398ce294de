"""What a user can type: every command with its options and its help.

The work is in the modules beside this file, named like the commands. Each is imported when its
command runs, so that `--help` waits for none of them; nothing heavy may be imported here.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from pipeline import __version__
from pipeline.cli.starting import say_starting


class Group(TyperGroup):
    """Commands; asking one of them for help does not import pydantic.

    Typer imports it to read the value None, which a `--help` has that was not given.
    """

    def get_help_option(self, ctx: Any) -> Any:
        """The option `--help` of the group."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False
        return option


_COLUMNS = shutil.get_terminal_size().columns
_IS_NARROW = _COLUMNS < 60  # a table of options would cut their names
app = typer.Typer(
    cls=Group,
    rich_markup_mode=None if _IS_NARROW else "rich",
    name="copydesk",
    help="The desk for scraped news: repairs articles, checks them, finds copies, logs every edit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        **({"terminal_width": _COLUMNS - 1} if _IS_NARROW else {}),
    },
)
settings = typer.Typer(
    cls=Group, no_args_is_help=True, help="Check the settings, or show those in force."
)

RoleName = Literal["desk", "dedup", "sources"]
LEAST = 5  # the default of `pipeline.clean.learning`

File = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings file; else COPYDESK_CONFIG, else config/copydesk.yaml if there is one.",
        show_default=False,
    ),
]

letters = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Dead letters and rejected articles: list them, mend them, send them again.",
)
Start = Annotated[
    Literal["dead-letter", "rejected"], typer.Option("--from", help="The topic of the letters.")
]
Reasons = Annotated[
    list[str] | None,
    typer.Option(
        "--reason", "--rule", metavar="ID", help="Only those with this reason, or of this rule."
    ),
]
Stages = Annotated[
    list[str] | None,
    typer.Option("--stage", help="Only those of this stage: parse, desk, dedup, sources."),
]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Only those that name this source, or its site."),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Only those from then on: a date or time (UTC), or 90m, 6h, 2d ago.",
        show_default=False,
    ),
]
Until = Annotated[
    str | None, typer.Option(metavar="TIME", help="Only those before then.", show_default=False)
]

Html = Annotated[
    str | None,
    typer.Option(
        "--html",
        metavar="FIELD",
        help="The field of a record that holds a web page, as parse.html_field says.",
        show_default=False,
    ),
]

app.add_typer(settings, name="config")
app.add_typer(letters, name="dead-letters")


@app.command("run", epilog="Example: copydesk run examples --out out")
def run(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files or folders: .txt, .md, .json, .jsonl, .csv, .parquet, .html, .warc, also"
            " .gz, .zst, .bz2 and .xz; - reads JSON lines from standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; what a run left there goes.")],
    *,
    jobs: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that parse, clean and check.")
    ] = 1,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="Read the inputs twice: first learn which lines belong to a source's pages.",
        ),
    ] = False,
    html: Html = None,
    memory: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Compare with earlier runs too: what was seen is kept in this file.",
            show_default=False,
        ),
    ] = None,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Repair, check and compare articles: clean, duplicates, rejected, and a report of it all."""
    say_starting("run")
    from pipeline.cli import run as work

    work.run(paths, out, jobs=jobs, learn=learn, html=html, memory=memory, config=config, json=json)


@app.command("explain", epilog="Example: copydesk explain examples/01-ferry-headline-twice.txt")
def explain(
    path: Annotated[
        str, typer.Argument(metavar="PATH", help="The file; - reads it from standard input.")
    ],
    *,
    record: Annotated[int, typer.Option(min=1, help="Which article of a file with several.")] = 1,
    after: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Articles that came before it: what is new in this one?"),
    ] = None,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print the quality record as JSON.")] = False,
) -> None:
    """One article: each edit in colour, each measure beside its limit, the verdict and why.

    Copies are found among many articles: it compares with those of `--after`, `run` with all.
    """
    from pipeline.cli import explain as work

    work.explain(path, record=record, after=after or [], config=config, json=json)


@app.command("learn", epilog="Example: copydesk learn examples --out learned.yaml")
def learn(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files or folders, as `copydesk run` takes them; - reads standard input.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The rules file to write.")],
    *,
    least: Annotated[
        int, typer.Option(min=2, help="Different stories beside which a line must be.")
    ] = LEAST,
    jobs: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that parse, clean and check.")
    ] = 1,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was learned as JSON.")] = False,
) -> None:
    """Finds the lines that many articles of one source have; writes them to a rules file."""
    say_starting("learn")
    from pipeline.cli import learn as work

    work.learn(paths, out, least=least, jobs=jobs, config=config, json=json)


@app.command("worker", epilog="Example: copydesk worker --role desk")
def worker(
    *,
    role: Annotated[
        RoleName | None,
        typer.Option(
            help="Run this role alone, in this process; without it all, one process each."
        ),
    ] = None,
    config: File = None,
    leashed: Annotated[
        bool, typer.Option(help="Stop when standard input closes.", hidden=True)
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also log what the Kafka clients do.")
    ] = False,
) -> None:
    """Work on the stream until SIGTERM or Ctrl-C: nothing is lost, nothing published twice."""
    from pipeline.cli import worker as work

    work.worker(role, config=config, leashed=leashed, verbose=verbose)


@app.command("topics", epilog="Example: copydesk topics --apply")
def topics(
    *,
    make: Annotated[
        bool,
        typer.Option("--apply", help="Make what is missing, set what differs; shrink nothing."),
    ] = False,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The topics as they should be beside those of the cluster; exit 1 where they differ."""
    from pipeline.cli import topics as work

    work.topics(make=make, config=config, json=json)


@app.command("reindex", epilog="Example: copydesk reindex --config config/copydesk.yaml")
def reindex(
    *,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Makes what dedup remembers anew, after an update that cannot read it; stop the workers."""
    from pipeline.cli import reindex as work

    work.reindex(config=config, json=json)


@app.command("feed", epilog="Example: copydesk feed examples --rate 10")
def feed(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Files or folders, as `copydesk run` takes them; - reads standard input.",
            show_default=False,
        ),
    ],
    *,
    rate: Annotated[
        float | None,
        typer.Option(min=0.001, help="Articles a second at most.", show_default=False),
    ] = None,
    start: Annotated[
        int,
        typer.Option(
            "--from", metavar="N", min=1, help="Begin with this article of the inputs, to go on."
        ),
    ] = 1,
    html: Html = None,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Puts articles onto the raw topic; done when the cluster has acknowledged each."""
    say_starting("feed")
    from pipeline.cli import feed as work

    work.feed(paths, html=html, rate=rate, start=start, config=config, json=json)


@app.command("tail", epilog="Example: copydesk tail clean duplicates --table")
def tail(
    topics: Annotated[
        list[str],
        typer.Argument(
            metavar="TOPIC...",
            help="Full names, or raw, prepared, clean, duplicates, rejected, dead-letter, quality,"
            " index.",
            show_default=False,
        ),
    ],
    *,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest record, not the next.")
    ] = False,
    until_end: Annotated[
        bool, typer.Option("--until-end", help="End where the topics end now.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("--max", min=1, help="Records at most.", show_default=False)
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="One short line a record.")] = False,
    config: File = None,
) -> None:
    """Prints records as they are committed, one JSON object a line, until Ctrl-C."""
    from pipeline.cli import tail as work

    work.show(
        topics, from_start=from_start, until_end=until_end, limit=limit, table=table, config=config
    )


@app.command("tune", epilog="Example: copydesk tune docs/pairs.jsonl --out tune.html")
def tune(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS",
            help='JSON lines: {"a": ARTICLE, "b": ARTICLE, "label": NAME}; an article is an object'
            " or a text, a came first; names are copy, edited-copy, excerpt, revision, and"
            " template, same-event, different, other.",
            show_default=False,
        ),
    ],
    *,
    out: Annotated[Path, typer.Option(help="The page with the curves (HTML).")] = Path("tune.html"),
    precision: Annotated[
        float, typer.Option(min=0, max=1, help="The least precision; best recall wins.")
    ] = 0.97,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Precision and recall of copies over the settings of dedup, on pairs that you labelled."""
    say_starting("tune")
    from pipeline.cli import tune as work

    work.tune(pairs, out=out, precision=precision, config=config, json=json)


@app.command("backtest", epilog="Example: copydesk backtest config/copydesk.yaml new.yaml examples")
def backtest(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD", help="Settings file, as they are now; - is for the defaults."
        ),
    ],
    new: Annotated[
        str,
        typer.Argument(
            metavar="NEW", help="Settings file, as they would be; - is for the defaults."
        ),
    ],
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH...",
            help="Files or folders, as `copydesk run` takes them; - reads standard input.",
            show_default=False,
        ),
    ] = None,
    *,
    topic: Annotated[
        str | None,
        typer.Option(
            metavar="TOPIC",
            help="Instead of files: what is on this topic now (raw, or a full name).",
            show_default=False,
        ),
    ] = None,
    since: Since = None,
    out: Annotated[Path, typer.Option(help="The page to write (HTML).")] = Path("backtest.html"),
    changes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write each article that changes to this file (JSON lines).",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the samples.")] = 0,
    jobs: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that parse, clean and check.")
    ] = 1,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="Exit 1 if any article changes, for CI.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Shows what other settings would change: verdicts, texts, findings, by rule and source."""
    say_starting("backtest")
    from pipeline.cli import backtest as work

    work.backtest(
        old,
        new,
        paths or [],
        topic=topic,
        since=since,
        out=out,
        changes=changes,
        seed=seed,
        jobs=jobs,
        fail_on_change=fail_on_change,
        json=json,
    )


@app.command("rules", epilog="Example: copydesk rules --json")
def rules(
    *,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every rule, yours too: its id, what it does, its default limit, severity and source."""
    from pipeline.cli import rules as work

    work.show(config=config, json=json)


@app.command("doctor", epilog="Example: copydesk doctor --config config/copydesk.yaml")
def doctor(
    *,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What is fine here and what is not: Python, settings, folders, broker, topics, workers."""
    from pipeline.cli import doctor as work

    work.doctor(config=config, json=json)


@letters.command("list", epilog="Example: copydesk dead-letters list --reason not-json --since 2d")
def letters_list(
    *,
    start: Start = "dead-letter",
    reason: Reasons = None,
    stage: Stages = None,
    source: Sources = None,
    since: Since = None,
    until: Until = None,
    replayed: Annotated[
        bool, typer.Option("--all", help="Also those that were sent again.")
    ] = False,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, one letter a line.")] = False,
) -> None:
    """The letters that wait, a line each: when, where, of which source, what is wrong."""
    from pipeline.cli import dead_letters as work

    chosen = work.chosen_by(
        start, reason or (), stage or (), source or (), since=since, until=until
    )
    work.show_list(chosen, replayed=replayed, config=config, json=json)


@letters.command("show", epilog="Example: copydesk dead-letters show 0@17 --edit letter.txt")
def letters_show(
    place: Annotated[
        str,
        typer.Argument(
            metavar="PLACE", help="Of the letter, as `list` prints it, or PARTITION@OFFSET."
        ),
    ],
    *,
    start: Start = "dead-letter",
    edit: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it to a file to mend.", show_default=False),
    ] = None,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """One letter: what was wrong, where, whether it can be read now, what to do, its value."""
    from pipeline.cli import dead_letters as work

    work.show(place, start=start, edit=edit, config=config, json=json)


@letters.command(
    "replay", epilog="Example: copydesk dead-letters replay --from rejected --rule few-words"
)
def letters_replay(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PLACE|FILE]...",
            help="Single letters, or mended files; without any, all that the filters choose.",
            show_default=False,
        ),
    ] = None,
    *,
    start: Start = "dead-letter",
    reason: Reasons = None,
    stage: Stages = None,
    source: Sources = None,
    since: Since = None,
    until: Until = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that were sent again and came back.")
    ] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing; say what would be sent.")
    ] = False,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Sends what can be read now to the raw topic, each letter once; the others stay."""
    from pipeline.cli import dead_letters as work

    chosen = work.chosen_by(
        start, reason or (), stage or (), source or (), since=since, until=until
    )
    work.replay(what or (), chosen, again=again, dry=dry, config=config, json=json)


@settings.command("check", epilog="Example: copydesk config check --config config/copydesk.yaml")
def config_check(config: File = None) -> None:
    """Says whether the settings can be used; name everything that is wrong with them."""
    from pipeline.cli import config as work

    work.check(config)


@settings.command("show", epilog="Example: COPYDESK_CLEAN__DISABLED='[]' copydesk config show")
def config_show(
    *,
    config: File = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every setting in force, with where its value came from."""
    from pipeline.cli import config as work

    work.show(config=config, json=json)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        typer.echo(f"copydesk {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """The options before a command."""
