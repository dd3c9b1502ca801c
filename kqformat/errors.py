"""The errors of the package: who is at fault, and what was found.

`KqError` is the root. A `FormatError` says that the file is wrong, a `ParameterError` that the
caller is, a `LimitError` that the file may be right but asks for more than was allowed. Trouble
with the file system stays an `OSError`. This module imports nothing.
"""

from __future__ import annotations


class KqError(Exception):
    """Any error that this package raises on purpose."""


class FormatError(KqError):
    """The bytes break a rule of the format.

    Parameters
    ----------
    problem : str
        What is wrong, in a sentence without a full stop.
    field : str or None
        The spec's name of the field that is wrong.
    offset : int or None
        Where it is, in bytes from the start of the file.
    found, expected : object or None
        What stands there, and what should.

    Examples
    --------
    >>> print(FormatError("bad dimension", field="width", offset=4, found=0, expected="1 or more"))
    bad dimension: width at byte 4 is 0, expected 1 or more
    """

    def __init__(
        self,
        problem: str,
        *,
        field: str | None = None,
        offset: int | None = None,
        found: object = None,
        expected: object = None,
    ) -> None:
        self.problem = problem
        self.field = field
        self.offset = offset
        self.found = found
        self.expected = expected
        super().__init__(problem)

    def __str__(self) -> str:
        """Join the parts that are known to one line."""
        place = self.field or ""
        if self.offset is not None:
            place += f" at byte {self.offset}"
        facts = []
        if self.found is not None:
            facts.append(f"{place} is {self.found}".strip())
        elif place:
            facts.append(place.strip())
        if self.expected is not None:
            facts.append(f"expected {self.expected}")
        return f"{self.problem}: {', '.join(facts)}" if facts else self.problem


class TruncatedError(FormatError):
    """The data ends where the format requires more."""


class ChecksumError(FormatError):
    """A stored CRC-32 is not that of the bytes it covers: the file is damaged."""


class UnsupportedError(FormatError):
    """The file uses something that this version of the package does not know."""


class ParameterError(KqError, ValueError):
    """The caller asked for something that cannot be done.

    Examples
    --------
    >>> issubclass(ParameterError, ValueError)
    True
    """


class LimitError(KqError):
    """The file or image is larger than the limits that were given.

    Parameters
    ----------
    quantity : str
        What there is too much of, in the plural, as it is counted: ``"pixels"``.
    found, limit : int
        How many there are (or are claimed), and how many are allowed.

    Examples
    --------
    >>> print(LimitError("pixels", 10**12, 2**28))
    1,000,000,000,000 pixels are more than the limit of 268,435,456
    """

    def __init__(self, quantity: str, found: int, limit: int) -> None:
        self.quantity = quantity
        self.found = found
        self.limit = limit
        super().__init__(quantity, found, limit)

    def __str__(self) -> str:
        """Name the three in a sentence."""
        return f"{self.found:,} {self.quantity} are more than the limit of {self.limit:,}"


class TargetError(KqError):
    """No number of colours gives the quality or size that was asked for.

    Parameters
    ----------
    found : str
        What the best try gave.
    wanted : str
        What was asked for.
    colors : int
        Those of the best try.

    Examples
    --------
    >>> print(TargetError("36.91 dB", "40 dB or more", 256))
    the target cannot be met: 256 colours give 36.91 dB, wanted 40 dB or more
    """

    def __init__(self, found: str, wanted: str, colors: int) -> None:
        self.found = found
        self.wanted = wanted
        self.colors = colors
        super().__init__(found, wanted, colors)

    def __str__(self) -> str:
        """Name the three in a sentence."""
        tried = "1 colour gives" if self.colors == 1 else f"{self.colors:,} colours give"
        return f"the target cannot be met: {tried} {self.found}, wanted {self.wanted}"


class RasterError(KqError):
    """An ordinary image file (PNG, JPEG, …) cannot be read or written."""


class MissingExtraError(KqError):
    """A package that is asked for only where it is needed is not installed.

    Parameters
    ----------
    purpose : str
        What needs it.
    package : str
        Its name.
    extra : str
        The extra of this package that brings it.

    Examples
    --------
    >>> print(MissingExtraError("SSIMULACRA2", "ssimulacra2"))
    SSIMULACRA2 needs the package ssimulacra2: pip install 'kqformat[report]'
    """

    def __init__(self, purpose: str, package: str, extra: str = "report") -> None:
        self.purpose = purpose
        self.package = package
        self.extra = extra
        super().__init__(purpose, package, extra)

    def __str__(self) -> str:
        """Say what is missing, and what brings it."""
        return (
            f"{self.purpose} needs the package {self.package}: pip install 'kqformat[{self.extra}]'"
        )


class PaletteError(KqError):
    """A palette file (GIMP, JASC, a list of colours, …) cannot be read or written.

    Parameters
    ----------
    problem : str
        What is wrong, in a few words without a full stop.
    line : int or None
        Where it is, from 1.
    found, expected : object or None
        What stands there, and what should.

    Examples
    --------
    >>> print(PaletteError("bad colour", line=5, found="'0 0'", expected="three numbers"))
    bad colour: line 5 has '0 0', expected three numbers
    """

    def __init__(
        self,
        problem: str,
        *,
        line: int | None = None,
        found: object = None,
        expected: object = None,
    ) -> None:
        self.problem = problem
        self.line = line
        self.found = found
        self.expected = expected
        super().__init__(problem)

    def __str__(self) -> str:
        """Join the parts that are known to one line."""
        facts = [] if self.line is None else [f"line {self.line}"]
        if self.found is not None:
            facts = [" ".join([*facts, f"has {self.found}"])]
        if self.expected is not None:
            facts.append(f"expected {self.expected}")
        return f"{self.problem}: {', '.join(facts)}" if facts else self.problem
