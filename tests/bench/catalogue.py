"""What the catalogue costs: posting under the shipped editions, and under 10,000 factors more.

The same messages, in turn, in one process, one thread:

- `one rule`: every key under one rule, the kernel alone;
- `shipped`: under the default method, whose resolutions have up to seven entries;
- `shipped + 10,000`: with an imported edition of 10,000 factors in front of it.

Each run decodes the messages in a new session, gives its keys their rules and posts them. Then,
cold: how long a state takes to make, and a key to resolve; how long a start indexes shipped rows.
Run by `make bench`.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Sequence

os.environ["POLARS_MAX_THREADS"] = "1"  # read when Polars is loaded

from tonne.catalogue.editions.shipped_factors import ShippedFactors, ShippedIndex

from tests.bench.kernel import KEY, encode_rows, make_columns
from tonne.catalogue.editions.edition import parse_edition
from tonne.catalogue.editions.factor import Factor
from tonne.catalogue.editions.library import default_settings, shipped_editions
from tonne.catalogue.resolving.resolver import Resolver
from tonne.catalogue.words.method import MethodSettings
from tonne.catalogue.words.tables import edition_bytes
from tonne.ledger.book.book_state import BookState
from tonne.ledger.book.facilities import register_frame
from tonne.ledger.posting.estimate import CatalogueState
from tonne_kernel import BatchSlice, Posted, RuleTable, Session, post

FACTORS = 10_000
SHIPPED_ROWS = 100_000
PLACES = {  # of the sample's regions, those that the catalogue has
    "DE-BY": "GB",
    "DE-BE": "US-EGRID-RFCW",
    "ES-MD": "CN-NM",
    "KE-30": "GB-SCT",
}

Editions = list[tuple[str, Sequence[Factor]]]


def more_factors(count: int) -> tuple[Factor, ...]:
    """Factors of tariffs, plants and suppliers, most of them for activities of the sample."""
    lines = ["activity,region,unit,stage,valid_from,kg_co2e"]
    for n in range(count):
        activity = ("electricity.grid", "fuel.diesel.stationary")[n % 2]
        lines.append(f"{activity},XX-{n},{'kWh' if n % 2 == 0 else 'l'},,2020-01-01,0.{n:06d}1")
    return tuple(parse_edition("\n".join(lines).encode()))


def editions_of(settings: MethodSettings, own: tuple[Factor, ...]) -> Editions:
    """The default order, with a book's own edition before it."""
    shipped = [(name, shipped_editions()[name].factors) for name in settings.editions]
    return [("own", own), *shipped] if own else shipped


def state_of(editions: Editions, settings: MethodSettings) -> BookState:
    """A book's state over these editions, without a register."""
    return BookState(CatalogueState().get().book, editions, settings, register_frame(()))


def posting(messages: list[bytes], state: BookState | None) -> Callable[[], Posted]:
    """Decode and post all messages under a state, or all under one rule."""
    periods = CatalogueState().get().periods

    def run() -> Posted:
        session = Session()
        slices, offset = [], 0
        for message in messages:
            batch = session.decode_rows(message, 0, len(message))
            slices.append(BatchSlice(batch, "bench", offset))
            offset += batch.record_count
        if state is None:
            session.set_rules(0, array("i", [0] * session.key_count))
            rules = RuleTable(array("i", [0, 1]), array("i", [0]), array("i", [0]))
        else:
            state.assign_rules(session)
            rules = state.rules()
        return post(slices, rules, periods)

    return run


def seconds_of(runs: list[Callable[[], object]], rounds: int) -> list[list[float]]:
    """Seconds of each run in each round; they take turns."""
    found: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for place, run in enumerate(runs):
            begin = time.perf_counter()
            run()
            found[place].append(time.perf_counter() - begin)
    return found


def shipped_rows() -> list[bytes]:
    """Shipped editions, the UK's of a year again and again, until they have 100,000 rows."""
    contents = [edition_bytes(name) for name in shipped_editions()]
    while sum(content.count(b"\n") - 1 for content in contents) < SHIPPED_ROWS:
        contents.append(edition_bytes("uk-ghg-2025"))
    return contents


def index_rows(contents: list[bytes]) -> None:
    """What a start does with shipped editions."""
    for content in contents:
        ShippedIndex(ShippedFactors(content))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    columns = make_columns(options.records)
    columns["region"] = [PLACES.get(region, region) for region in columns["region"]]
    messages = encode_rows(columns)
    keys = sorted(set(zip(*(columns[name] for name in KEY[1:]), strict=True)))
    settings = default_settings()
    own = more_factors(FACTORS)
    kinds = {"shipped": editions_of(settings, ()), "shipped + 10,000": editions_of(settings, own)}
    states = {name: state_of(editions, settings) for name, editions in kinds.items()}
    names = ["one rule", *states]
    runs = [posting(messages, None), *(posting(messages, state) for state in states.values())]
    for run in runs:
        run()
    seconds = seconds_of(list(runs), options.rounds)
    lines = [
        (
            f"{options.records:,} records, {len(keys)} keys of activity, unit and region, "
            f"{options.rounds} rounds, one thread"
        ),
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores",
        "",
        "| posting under | million records/s | ratio to one rule, by round |",
        "| --- | ---: | ---: |",
    ]
    for name, each in zip(names, seconds, strict=True):
        ratios = [one / mine for one, mine in zip(seconds[0], each, strict=True)]
        lines.append(
            f"| {name} | {options.records / statistics.median(each) / 1e6:.2f} "
            f"| {statistics.median(ratios):.2f} |"
        )
    lines += ["", "| cold | make a state, ms | resolve a key, ms |", "| --- | ---: | ---: |"]
    for name, editions in kinds.items():
        (making,) = seconds_of([lambda given=editions: Resolver(given, settings)], 3)
        resolvers = iter([Resolver(editions, settings) for _ in range(3)])

        def resolve(fresh: Iterator[Resolver] = resolvers) -> None:
            resolver = next(fresh)
            for key in keys:
                resolver.resolve(*key)

        (resolving,) = seconds_of([resolve], 3)
        lines.append(
            f"| {name} | {statistics.median(making) * 1e3:.2f} "
            f"| {statistics.median(resolving) / len(keys) * 1e3:.2f} |"
        )
    contents = shipped_rows()
    indexing = []
    for _ in range(5):
        begin = time.process_time()
        index_rows(contents)
        indexing.append(time.process_time() - begin)
    lines += ["", f"{SHIPPED_ROWS:,} shipped rows: {statistics.median(indexing) * 1e3:.0f} ms CPU"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
