"""Which workers a Dask cluster has."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Client


def worker_numbers(client: Client, workers: int) -> list[int]:
    """Return the process numbers of a cluster's workers, once there are so many."""
    # Not by `wait_for_workers`, which can wait for ever for workers that have long come.
    end = time.monotonic() + 60
    while len(found := client.run(os.getpid, on_error="ignore")) < workers:
        if time.monotonic() > end:
            raise TimeoutError(f"{len(found)} of {workers} workers")
        time.sleep(0.05)
    return list(found.values())
