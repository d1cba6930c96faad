# Nothing is said of its types: to read all of its modules takes a type checker half a minute.
from typing import Any

def __getattr__(name: str) -> Any: ...
