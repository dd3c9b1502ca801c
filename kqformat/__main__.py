"""``python -m kqformat`` is ``kq``."""

import sys

from kqformat.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
