"""Answered calls in order, so that what many of them have in common is told once.

A month of ten million calls is compared some three hundred times, for each pair and each hour. Sorted, the calls of one
unit and hour lie together, and nearly all that a comparison does is done once for all calls alike, not for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

KEY_BITS = {"server": 21, "hour": 5, "weekend": 1, "streamed": 1, "prompt": 6, "output": 7, "block": 12, "bin": 10}
"""The parts of a call's key, high bits first: sorted by it, calls of one cell lie together. 63 bits in all."""
SERVERS, BLOCKS, BINS = (1 << KEY_BITS[part] for part in ("server", "block", "bin"))

Server = tuple[int, str, str]
"""The number of a server in a key, the unit that it is of, and its model."""

_SPARSE = 16
"""Flags for all numbers that could occur are quicker than sorting while at most so many of them are unused a number."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Answered calls by all that latency depends on: cells, the blocks of time of each cell, the calls of each block.

    A cell is all that calls have in common but when they were and how long they took. `output` is in quarter octaves of
    completion tokens and `prompt` in half octaves of prompt tokens: class n > 0 begins at 2^((n-1)/4) or 2^((n-1)/2)
    tokens, 0 is none, -1 unknown. `hour` and `weekend` (1 on Saturday and Sunday) are of the asked time zone, `block`
    numbers the blocks of time from 0, `bin` is that of comparison.BINS_PER_E.
    """

    units: tuple[str, ...]
    models: tuple[str, ...]
    # one entry a cell
    unit: Ints
    model: Ints
    streamed: Ints
    prompt: Ints
    output: Ints
    hour: Ints
    weekend: Ints
    calls: Ints
    bins: Ints  # the sum of its calls' bins
    spans: Ints  # in how many blocks it has calls
    # one entry a cell and block
    block: Ints
    block_calls: Ints
    # one entry a call
    bin: npt.NDArray[np.integer[Any]]

    def where(self, cells: Flags) -> "Counts":
        """The calls of some cells; cells that lie together are cut out together."""
        edges = np.flatnonzero(np.diff(cells.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
        names = ("unit", "model", "streamed", "prompt", "output", "hour", "weekend", "calls", "bins", "spans")
        blocks, calls = _ends(self.spans)[edges], _ends(self.calls)[edges]
        return replace(
            self, **{name: getattr(self, name)[cells] for name in names}, block=_cut(self.block, blocks),
            block_calls=_cut(self.block_calls, blocks), bin=_cut(self.bin, calls),
        )  # fmt: skip

    def of_units(self, units: Sequence[int]) -> "Counts":
        """The calls of some units, which are renumbered in the order given."""
        place = np.full(len(self.units), -1)
        place[list(units)] = np.arange(len(units))
        mine = self.where(place[self.unit] >= 0)
        return replace(mine, units=tuple(self.units[i] for i in units), unit=place[mine.unit])

    def of_servers(self, servers: Sequence[Server], units: Sequence[str] = ()) -> "Counts":
        """What these servers answered, by unit, where `unit` was the server's number.

        `units` are numbered first, in their order, whether they answered or not.
        """
        present = set(np.unique(self.unit).tolist())
        servers = [server for server in servers if server[0] in present]
        units = [*units, *sorted({unit for _, unit, _ in servers} - set(units))]
        models = sorted({model for _, _, model in servers})
        unit_of = np.full(max(present, default=0) + 1, -1)
        model_of = np.zeros_like(unit_of)
        for server, unit, model in servers:
            unit_of[server], model_of[server] = units.index(unit), models.index(model)
        mine = self.where(unit_of[self.unit] >= 0)
        return replace(
            mine, units=tuple(units), models=tuple(models), unit=unit_of[mine.unit], model=model_of[mine.unit],
            block=mine.block - mine.block.min(initial=BLOCKS),
        )  # fmt: skip


def by_server(key: Ints) -> Counts:
    """The calls whose keys these are, as long as only the server's number says of what unit and model they are.

    Sorts `key` in place, and uses it up.
    """
    key.sort()
    bins = (key & (BINS - 1)).astype(np.int16)
    key >>= KEY_BITS["bin"]
    first_calls = _changes(key)
    rows = key[first_calls]
    block = rows & (BLOCKS - 1)
    rows >>= KEY_BITS["block"]
    first_rows = _changes(rows)
    left, part = rows[first_rows], {}
    for name in ("output", "prompt", "streamed", "weekend", "hour"):
        part[name] = left & ((1 << KEY_BITS[name]) - 1)
        left = left >> KEY_BITS[name]
    starts = first_calls[first_rows]
    return Counts(
        units=(), models=(), unit=left, model=np.zeros_like(left), streamed=part["streamed"], prompt=part["prompt"] - 1,
        output=part["output"] - 1, hour=part["hour"], weekend=part["weekend"],
        calls=np.diff(starts, append=len(bins)),
        bins=np.add.reduceat(bins, starts, dtype=np.int64) if len(starts) else left,
        spans=np.diff(first_rows, append=len(rows)), block=block, block_calls=np.diff(first_calls, append=len(bins)),
        bin=bins,
    )  # fmt: skip


def distinct(numbers: Ints, size: int) -> Ints:
    """The numbers that occur, in order; all are below `size`. Not sorted unless they are few among very many."""
    if size > _SPARSE * len(numbers):
        return np.unique(numbers)
    seen = np.zeros(size, dtype=np.bool_)
    seen[numbers] = True
    return np.flatnonzero(seen)


def _changes(ordered: Ints) -> Ints:
    """Where in an ordered array each number is found first."""
    return np.flatnonzero(np.concatenate([[len(ordered) > 0], ordered[1:] != ordered[:-1]]))


def _ends(lengths: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths)])


def _cut(values: npt.NDArray[Any], edges: Ints) -> npt.NDArray[Any]:
    pieces = [values[start:end] for start, end in edges.tolist()]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces or [values[:0]])
