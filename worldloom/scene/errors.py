"""The one exception family: what went wrong, with which file, and what to do, in a sentence."""


class WorldloomError(Exception):
    """Base of every error a user may see. `str(error)` is one readable sentence; front ends print it as it is."""


class InvalidDataError(WorldloomError, ValueError):
    """An argument or a field has a wrong shape, type or value. The message names the field."""


class FormatError(WorldloomError):
    """A file is truncated, hostile, of another format or of an unsupported version. The message names the file."""


class MissingDependencyError(WorldloomError):
    """An optional library is needed. The message says which extra installs it."""


class NotFoundError(WorldloomError):
    """There is nothing of that name or number."""


class ConflictError(WorldloomError):
    """What is asked for was overtaken by another change, or can't be done in the present state."""
