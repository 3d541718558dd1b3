"""How kernels are compiled: one typed doorway to Numba."""

from collections.abc import Callable
from typing import cast

from numba import njit


def compiled[F: Callable[..., object]](function: F) -> F:
    """Compile a function without the interpreter lock, keeping the machine code on disk.

    Parameters
    ----------
    function
        Plain array code that Numba understands. No fast-math: results must not depend on how loops are vectorised.

    Returns
    -------
    F
        The compiled function, with the type of the original.
    """
    return cast("F", njit(cache=True, nogil=True, error_model="numpy")(function))
