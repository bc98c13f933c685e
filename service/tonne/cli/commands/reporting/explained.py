"""The command `tonne indicator explain`: a value, term by term, down to records."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from fractions import Fraction
from typing import Annotated

import typer
from rich.tree import Tree

from tonne.catalogue.resolving.valuation import exact_text
from tonne.cli.commands.explain import (
    LINE_COLUMNS,
    LINES_SHOWN,
    LinesOption,
    RecordsOption,
    ReplayOption,
    check_agrees,
    csv_row,
    line_document,
    record_document,
    replay_document,
)
from tonne.cli.commands.selecting import (
    AsOfOption,
    ConsolidationOption,
    FacilityOption,
    FromOption,
    GwpOption,
    RegionOption,
    ToOption,
    moment_document,
    tell_moment,
)
from tonne.cli.connection import DEFAULT_SERVER, BookOption, ServerOption, connect
from tonne.cli.terminal.explain_tree import ExplainTree, number
from tonne.cli.terminal.indicator_texts import side_text, value_row
from tonne.cli.terminal.output import (
    Column,
    Format,
    FormatOption,
    counted,
    json_text,
    print_rows,
    say,
    shown,
    stdout_console,
)
from tonne.client.answers.explain_results import ExplainRecord, ExplainReplay
from tonne.client.answers.results import BookMoment
from tonne.client.answers.steering.explained_indicators import (
    IndicatorLine,
    IndicatorPart,
    IndicatorTermSum,
)
from tonne.client.answers.steering.indicator_results import IndicatorValue
from tonne.client.indicators import PLACES

CoalOption = Annotated[
    str,
    typer.Option("--coal-set", metavar="SET", help="Coal equivalents; empty: the first set."),
]

_CSV_COLUMNS = (Column("side"), Column("term"), *LINE_COLUMNS, Column("added"))


def explain_indicator(  # noqa: PLR0917  # typer passes by name
    indicator: Annotated[str, typer.Argument(metavar="ID", help="Its id.")],
    book: BookOption,
    version: Annotated[
        int, typer.Option("--version", metavar="N", min=0, help="Of this version; 0: the latest.")
    ] = 0,
    from_period: FromOption = "",
    to_period: ToOption = "",
    by: Annotated[
        str,
        typer.Option("--by", metavar="PLACE", help=f"What --place is: {', '.join(PLACES)}."),
    ] = "",
    place: Annotated[
        str, typer.Option("--place", metavar="ID", help="The part of the book whose value it is.")
    ] = "",
    facility: FacilityOption = None,
    region: RegionOption = None,
    gwp_set: GwpOption = "",
    consolidation: ConsolidationOption = "",
    coal_set: CoalOption = "",
    as_of: AsOfOption = "",
    records: RecordsOption = 0,
    lines: LinesOption = LINES_SHOWN,
    form: FormatOption = Format.TABLE,
    server: ServerOption = DEFAULT_SERVER,
    *,
    replay: ReplayOption = False,
) -> None:
    """Explain a value: what its terms add up to, of which balances, factors and records."""
    moments: list[BookMoment] = []
    with connect(server) as client:
        parts = client.explain_indicator(
            book,
            f"{indicator}@{version}" if version else indicator,
            from_period=from_period,
            to_period=to_period,
            by=by,
            place=place,
            facilities=facility or (),
            regions=region or (),
            gwp_set=gwp_set,
            consolidation=consolidation,
            coal_set=coal_set,
            replay=replay,
            records_max=records,
            as_of=as_of,
            on_moment=moments.append if form is Format.JSON else tell_moment,
        )
        if form is Format.JSON:
            replays = _print_json(parts, moments)
        elif form is Format.CSV:
            replays = _print_csv(parts)
        else:
            replays = _print_tree(parts, f"book {book}", lines)
    for each in replays:
        check_agrees(each)


def _print_tree(parts: Iterable[IndicatorPart], title: str, lines_max: int) -> list[ExplainReplay]:
    """Print each term as a tree, once it is whole, and the value below them."""
    replays = []
    tree = ExplainTree(lines_max)
    console = stdout_console()
    for part in parts:
        if isinstance(part, IndicatorLine):
            tree.add_line(part.line)
        elif isinstance(part, ExplainRecord):
            tree.add_record(part)
        elif isinstance(part, ExplainReplay):
            replays.append(part)
            tree.add_replay(part)
        elif isinstance(part, IndicatorTermSum):
            count = counted(part.balance_count, "balance")
            text = f"{part.side}: {side_text((part.term,))}, {count}"
            root = Tree(shown(f"{number(part.sum)} {part.unit}  {text}"))
            tree.hang_on(root)
            console.print(root)
            tree = ExplainTree(lines_max)
        else:
            _print_value(part, title)
    return replays


def _print_value(value: IndicatorValue, title: str) -> None:
    """Print the value with the division that it is, or why there is none."""
    where = ", ".join(filter(None, (value.place, f"{value.from_period} to {value.to_period}")))
    name = f"{value.indicator}, version {value.version}, of {title}, {where}"
    if value.exact is None:
        stdout_console().print(shown(f"{name}: no value"))
        say(value.message)
    else:
        ratio = f"{number(value.numerator)} / {number(value.denominator)}"
        times = value.exact * value.denominator / (value.numerator or Fraction(1))
        ratio += f" x {number(times)}" if value.numerator and times != 1 else ""
        unit = "" if value.unit == "1" else f" {value.unit}"
        grade = f", grade {value.grade}" if value.grade else ""
        stdout_console().print(shown(f"{name}: {ratio} = {value.value}{unit}{grade}"))
    for remark in value.remarks:
        say(f"unlike months: {remark}")


def _print_csv(parts: Iterable[IndicatorPart]) -> list[ExplainReplay]:
    """Print the lines; sums and value are in JSON."""
    replays = []

    def rows() -> Iterable[dict[str, object]]:
        for part in parts:
            if isinstance(part, IndicatorLine):
                yield {
                    "side": part.side,
                    "term": part.term_index + 1,
                    **csv_row(part.line),
                    "added": exact_text(part.added),
                }
            elif isinstance(part, ExplainReplay):
                replays.append(part)

    print_rows(_CSV_COLUMNS, rows(), Format.CSV)
    return replays


def _print_json(
    parts: Iterable[IndicatorPart], moments: Sequence[BookMoment]
) -> list[ExplainReplay]:
    """Print one document; lines and records are written as they come.

    `moments` has, once the value is there, as of which commit it is.
    """
    replays = []
    writer = _TermWriter()
    sys.stdout.write('{"terms": [')
    for part in parts:
        if isinstance(part, IndicatorLine):
            writer.add("lines", line_document(part.line) | {"added": exact_text(part.added)})
        elif isinstance(part, ExplainRecord):
            writer.add("records", record_document(part))
        elif isinstance(part, ExplainReplay):
            replays.append(part)
            writer.replay = replay_document(part)
        elif isinstance(part, IndicatorTermSum):
            writer.end(part)
        else:
            value = value_row(part) | {"remarks": list(part.remarks)}
            rest: dict[str, object] = {"value": value}
            for moment in moments:
                rest |= moment_document(moment)
            sys.stdout.write(f"], {json_text(rest)[1:]}\n")
    return replays


class _TermWriter:
    """Writes terms as JSON, one after the other: lines, records, then all else of the term."""

    def __init__(self) -> None:
        self._section = ""
        self._count = 0
        self._term_count = 0
        self.replay: dict[str, object] | None = None

    def add(self, section: str, document: object) -> None:
        """Write an item of a list of the term."""
        self._open(section)
        sys.stdout.write(f"{',' if self._count else ''}\n  {json_text(document)}")
        self._count += 1

    def end(self, part: IndicatorTermSum) -> None:
        """Write what the term adds up to."""
        self._open("records")
        rest = {
            "side": part.side,
            "term": asdict(part.term),
            "sum": exact_text(part.sum),
            "unit": part.unit,
            "balances": part.balance_count,
            "replay": self.replay,
        }
        sys.stdout.write(f"], {json_text(rest)[1:]}")
        self._section, self._count, self.replay = "", 0, None
        self._term_count += 1

    def _open(self, section: str) -> None:
        if not self._section:
            sys.stdout.write(f'{", " if self._term_count else ""}\n{{"lines": [')
            self._section = "lines"
        if section != self._section:
            sys.stdout.write('], "records": [')
            self._section, self._count = section, 0
