"""Tenants whose truth is known: what each unit's latency is made of is set here, and nothing else differs.

A call takes (time to first token + output tokens x pace) x the unit's factor at that hour x noise. Noise is lognormal
with a heavy tail, times a factor that all calls of a unit share for a while (autocorrelation), times one that all calls
of all units share on a day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aoai_insights.latency.counts import KEY_BITS, Counts, by_server

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unit:
    """A region or backend: how much slower than 1.0 by hour of the day, what it is asked, and how busy it is."""

    factor: Callable[[int], float] = lambda hour: 1.0
    mean_output: float = 200.0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Calls:
    """One array entry per call."""

    unit: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    hour: npt.NDArray[np.int64]
    streamed: npt.NDArray[np.bool_]
    prompt_tokens: npt.NDArray[np.int64]
    completion_tokens: npt.NDArray[np.int64]
    ms: Floats

    def picked(self, which: npt.NDArray[np.int64]) -> "Calls":
        return Calls(**{name: getattr(self, name)[which] for name in self.__dataclass_fields__})


def simulate(
    units: Mapping[str, Unit], *, seed: int, calls: int = 20_000, days: int = 28, tail: bool = True, wander: float = 0.1
) -> tuple[Counts, Calls]:
    """Calls of a tenant; `calls` in all, over `days`. `wander` is the size of the autocorrelated factor."""
    random = np.random.default_rng(seed)
    shares = np.array([unit.share for unit in units.values()])
    hour_weights = 1 + np.sin((np.arange(24) - 8) / 24 * 2 * np.pi) * 0.8
    unit = random.choice(len(units), size=calls, p=shares / shares.sum())
    day = random.integers(0, days, size=calls)
    hour = random.choice(24, size=calls, p=hour_weights / hour_weights.sum())
    streamed = random.random(calls) < 0.5
    prompt = np.exp(random.normal(6.5, 1.0, calls)).astype(np.int64) + 1
    means = np.array([one.mean_output for one in units.values()])[unit]
    output = (means * np.exp(random.normal(0, 0.7, calls))).astype(np.int64) + 1
    factors = np.array([[one.factor(h) for h in range(24)] for one in units.values()])
    shared_day = np.exp(random.normal(0, 0.1, days))
    ms = (300 + output * 15 + prompt * 0.05) * factors[unit, hour] * shared_day[day]
    ms = ms * _wander(random, len(units), days, wander)[unit, day, hour] * np.exp(random.normal(0, 0.35, calls))
    if tail:
        ms = ms * np.where(random.random(calls) < 0.02, 1 + random.pareto(1.5, calls), 1.0)
    made = Calls(unit, day, hour, streamed, prompt, output, ms)
    return counts(tuple(units), made), made


def counts(units: tuple[str, ...], made: Calls, model: npt.NDArray[np.int64] | None = None) -> Counts:
    """The calls as the comparison reads them: `model` of each call is 0, gpt-4o, or 1, gpt-4.1."""
    models = ("gpt-4o", "gpt-4.1")[: 1 if model is None else 2]
    prompt, output = size_classes(made)
    servers = [(i * len(models) + j, unit, name) for i, unit in enumerate(units) for j, name in enumerate(models)]
    parts = {
        "server": made.unit * len(models) + (0 if model is None else model), "hour": made.hour,
        "weekend": made.day % 7 >= 5, "streamed": made.streamed,
        "prompt": prompt + 1, "output": output + 1, "block": made.day,
        "bin": np.floor(np.log(np.maximum(made.ms, 1)) * 50),
    }  # fmt: skip
    key = np.zeros(len(made.ms), dtype=np.int64)
    for name, bits in KEY_BITS.items():
        key = (key << bits) + parts[name].astype(np.int64)
    return by_server(key).of_servers(servers, units)


def size_classes(made: Calls) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The classes of prompt and output that each call is in."""
    sizes = (made.prompt_tokens, 2), (made.completion_tokens, 4)
    prompt, output = (np.floor(np.log2(size) * steps).astype(np.int64) + 1 for size, steps in sizes)
    return prompt, output


def _wander(random: np.random.Generator, units: int, days: int, size: float) -> Floats:
    """A factor per unit and hour that remembers the hour before: AR(1) of 0.8, so that hours within a day agree."""
    steps = random.normal(0, size * np.sqrt(1 - 0.8**2), (units, days * 24))
    level = np.zeros_like(steps)
    level[:, 0] = random.normal(0, size, units)
    for i in range(1, days * 24):
        level[:, i] = 0.8 * level[:, i - 1] + steps[:, i]
    return np.exp(level).reshape(units, days, 24)
