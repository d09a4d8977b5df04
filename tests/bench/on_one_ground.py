"""A program for the tests: benches one after the other, on one server that is made once.

argv[1] is a JSON list of their command lines. Prints for each a line with its exit status and what
it found; each begins with an empty database, as between two runs of one bench.
"""

import contextlib
import io
import json
import sys
from collections.abc import Iterator

from signoff.cli.bench import ground
from signoff.cli.main import main

if __name__ == "__main__":
    with ground.ground() as place:

        @contextlib.contextmanager
        def again() -> Iterator[ground.Ground]:
            place.fresh()  # the last bench has used its database up
            yield place

        ground.ground = again
        for words in json.loads(sys.argv[1]):
            with contextlib.redirect_stdout(io.StringIO()) as said:
                status = main(["bench", *words])
            print(json.dumps([status, said.getvalue()]), flush=True)
