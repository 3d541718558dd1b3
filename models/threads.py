"""Work that is split into numbered tasks, done in threads or one after the other."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


def in_threads[R](task: Callable[[int], R], arguments: Iterable[int], threads: int) -> list[R]:
    """Return what a task makes of each argument, in their order; in a pool of threads unless there is one thread."""
    if threads == 1:
        return [task(k) for k in arguments]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(task, arguments))
