"""`python -m signoff` and the console script."""

import sys

from signoff.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
