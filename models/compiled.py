"""How kernels are compiled: typed doorways to Numba.

Neither uses fast-math: results must not depend on how a loop is vectorised.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import njit

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
LEAN: dict[str, Any] = OPTIONS | {"_nrt": False}


def compiled[F: Callable[..., object]](function: F) -> F:
    """Compile a function without the interpreter lock, keeping the machine code on disk.

    Parameters
    ----------
    function
        Plain array code that Numba understands.

    Returns
    -------
    F
        The compiled function, with the type of the original.
    """
    return cast("F", njit(**OPTIONS)(function))


def lean[F: Callable[..., object]](function: F) -> F:
    """Compile like `compiled`, without counting references: for many small functions that pass arrays on.

    Counting them took two thirds of the simulation's time. The caller keeps the arrays alive, and the function cannot
    create any; Numba refuses to compile one that does.
    """
    return cast("F", njit(**LEAN)(function))
