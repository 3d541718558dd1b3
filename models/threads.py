"""Work that is split into numbered tasks, done in threads or one after the other."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


def in_threads(task: Callable[[int], None], arguments: Iterable[int], threads: int) -> None:
    """Call a task for each argument, in a pool of threads unless there is one thread only."""
    if threads == 1:
        for k in arguments:
            task(k)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(task, arguments))
