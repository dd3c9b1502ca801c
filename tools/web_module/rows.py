"""What both models share of a row (spec §7.5.1, §7.5.4): the text is for `compiled`."""

FIRST = """
width = i32.load[WIDTH]
ranks = i32.load[RANKS]
errors = i32.load[ERRORS]
above = i32.load[ERRORS_ABOVE]
number = y * width
at = ranks + 2 * number
up = at - 2 * width
upper = up - 2 * width if y > 1 else up
if y > 0:
  N = i32.load16_u[up]
  NE = i32.load16_u[up + 2] if width > 1 else N
  NEE = i32.load16_u[up + 4] if width > 2 else NE
  N2 = i32.load16_u[upper]
  N2E = i32.load16_u[upper + 2] if width > 1 else NE
W = WW = WWW = NW = NWW = N2W = N
x = 0
"""

EXPECTED = """
expected = i32.load[above] + 2 * i32.load[above + 4] + i32.load[above + 8]
expected = (expected + (2 * i32.load[errors] if x > 0 else 0)) >> 2
expected = i32.load8_u[ERROR_CLASS + (expected if expected < 70 else 70)]
"""

NEXT = """
WWW = WW if x > 0 else rank
WW = W if x > 0 else rank
W = rank
if y > 0:
  NWW = NW
  NW = N
  N = NE
  NE = NEE
  NEE = i32.load16_u[up + 6] if x + 3 < width else NE
  N2W = N2
  N2 = N2E
  N2E = i32.load16_u[upper + 4] if x + 2 < width else NE
else:
  N = NW = NE = NEE = NWW = N2 = N2E = N2W = W
x = x + 1
at = at + 2
up = up + 2
upper = upper + 2
errors = errors + 4
above = above + 4
"""

LAST = """
i32.store[errors + 4] = i32.load[errors]
errors = i32.load[ERRORS]
i32.store[errors] = i32.load[errors + 4]
i32.store[ERRORS] = i32.load[ERRORS_ABOVE]
i32.store[ERRORS_ABOVE] = errors
"""
