"""What it looks like when memory runs out: each library has words of its own."""

TYPES = frozenset({"MemoryError", "OutOfMemoryError"})
"""Python's own error, and PyTorch's for a GPU, by name: PyTorch is not imported here."""

WORDS = (
    "DefaultCPUAllocator",
    "can't allocate memory",
    "Cannot allocate memory",
    "std::bad_alloc",
    "CUDA out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "could not create a primitive",
    "could not create a memory",
)
"""Of errors of no special type; the last two are all that oneDNN says of it."""


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that there was not enough memory.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("DefaultCPUAllocator: ..."))
    (True, True)
    >>> is_out_of_memory(RuntimeError("shapes cannot be multiplied"))
    False
    """
    if TYPES & {kind.__name__ for kind in type(error).__mro__}:
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in WORDS)
