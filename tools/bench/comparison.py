"""Run contenders on images, in turn, and record what came out."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np

from bench.contender import Contender, Pixels
from bench.measures import mean_squared_error, psnr, squared_errors, ssimulacra2, worst_region
from bench.timing import timed

_BUDGET = 10.0  # seconds of an image and k, after which a contender has no further round


@dataclass(frozen=True, slots=True)
class Record:
    """One contender on one image at one k, averaged over its seeds.

    Attributes
    ----------
    image : str
    k : int
    contender : str
        Its key.
    megapixels, seconds : float
        Seconds are the median of the rounds.
    mse, worst_region : float
        Per pixel and channel.
    psnr, ssimulacra2 : float
        The latter is NaN where it was not asked for.
    """

    image: str
    k: int
    contender: str
    megapixels: float
    seconds: float
    mse: float
    worst_region: float
    psnr: float
    ssimulacra2: float


def compare(
    images: Iterable[tuple[str, Pixels]],
    colors: list[int],
    contenders: list[Contender],
    rounds: int,
    *,
    perception: bool,
) -> Iterator[Record]:
    """Yield the records of each image and k; none where the image has no more than k colours.

    The name of the image at work goes to standard error, as a run takes long.
    """
    # Spawned and used between the timings, so that it disturbs none.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for name, pixels in images:
            print(name, file=sys.stderr, flush=True)
            distinct = len(np.unique(pixels.reshape(-1, 3), axis=0))
            for k in colors:
                if distinct > k:
                    scorers = pool if perception else None
                    yield from _compare_one(name, pixels, k, contenders, rounds, scorers)


def _compare_one(
    name: str,
    pixels: Pixels,
    k: int,
    contenders: list[Contender],
    rounds: int,
    scorers: ProcessPoolExecutor | None,
) -> Iterator[Record]:
    jobs = {
        (contender.key, seed): contender.prepare(pixels, k, seed)
        for contender in contenders
        for seed in range(contender.seeds)
    }
    outcomes = timed(jobs, rounds, _BUDGET)
    outputs = [outcome.result() for outcome in outcomes.values()]
    errors = [squared_errors(pixels, output) for output in outputs]
    means = [mean_squared_error(error) for error in errors]
    regions = [worst_region(error) for error in errors]
    scores = [float("nan")] * len(outputs)
    if scorers is not None:
        scores = list(scorers.map(ssimulacra2, [pixels] * len(outputs), outputs))
    for contender in contenders:
        runs = [place for place, (key, _) in enumerate(outcomes) if key == contender.key]
        mse = statistics.fmean(means[run] for run in runs)
        yield Record(
            image=name,
            k=k,
            contender=contender.key,
            megapixels=pixels.shape[0] * pixels.shape[1] / 1e6,
            seconds=statistics.fmean(
                outcomes[contender.key, seed].seconds for seed in range(contender.seeds)
            ),
            mse=mse,
            worst_region=statistics.fmean(regions[run] for run in runs),
            psnr=psnr(mse),
            ssimulacra2=statistics.fmean(scores[run] for run in runs),
        )
