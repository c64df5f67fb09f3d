"""What is started for a block, and stopped however that ends."""

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Started(ABC):
    """Runs inside a `with`."""

    @abstractmethod
    def start(self) -> None:
        """Begin; what fails half-way is stopped."""

    @abstractmethod
    def stop(self) -> None:
        """End, whatever has begun."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
