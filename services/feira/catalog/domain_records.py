"""A stream of bytes as lines, whatever its pieces are. Pure, and bounded: a line too long is dropped as it comes."""

from collections.abc import Iterator

RECORD_MAX = 1 << 20  # Bytes of one line of NDJSON, or of one record of CSV.
_MARK = b"\xef\xbb\xbf"  # What some programs put before UTF-8.


class Records:
    """Takes the pieces one by one and gives the lines that they complete; one over RECORD_MAX is given as None.

    If `quoted`, a line that ends inside quotes goes on in the next, as in CSV.
    """

    def __init__(self, *, quoted: bool) -> None:
        self._quoted = quoted
        self._held = bytearray()
        self._inside = False  # Whether an odd number of quotes was seen.
        self._too_long = False
        self._first = True

    def feed(self, piece: bytes) -> Iterator[bytes | None]:
        *lines, rest = piece.split(b"\n")
        for line in lines:
            self._hold(line)
            self._hold(b"\n")
            if self._too_long or not (self._quoted and self._inside):
                yield self._take()
        self._hold(rest)

    def end(self) -> Iterator[bytes | None]:
        """What the stream ended with, if it did not end with a line's end."""
        if self._held or self._too_long:
            yield self._take()

    def _hold(self, part: bytes) -> None:
        if self._too_long:
            return
        if len(self._held) + len(part) > RECORD_MAX:
            self._too_long = True
            self._held.clear()
            return
        self._held += part
        self._inside ^= bool(part.count(b'"') % 2)

    def _take(self) -> bytes | None:
        record = None if self._too_long else bytes(self._held)
        if self._first and record is not None:
            record = record.removeprefix(_MARK)
        self._first = self._too_long = self._inside = False
        self._held.clear()
        return record
